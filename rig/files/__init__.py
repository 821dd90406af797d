"""Files and folders of the user's: where they are, and how they are written without ever being half there."""
