"""The library of models in the page: searched, laid out and scanned beside whatever plays."""
