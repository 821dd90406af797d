"""A catalogue of the models in folders: indexed by what they do, searched by words and by behaviour."""
