"""What a terminal shows and how: sizes, colours, words that are shortened, bars, large letters, pages to turn."""
