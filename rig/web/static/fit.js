// Letters as large as their box allows.

/** Set the size of an element's letters between two sizes in pixels, so that it fits into its parent. */
export function fitText(element, smallest, largest) {
  const box = element.parentElement;
  const [width, height] = [box.clientWidth, box.clientHeight];
  if (!width || !height) return;
  let [low, high] = [smallest, Math.max(smallest, largest)];
  element.style.fontSize = `${high}px`;
  if (fits(element, width, height)) return;
  while (high - low > 1) {
    const middle = (low + high) / 2;
    element.style.fontSize = `${middle}px`;
    if (fits(element, width, height)) low = middle;
    else high = middle;
  }
  element.style.fontSize = `${Math.floor(low)}px`;
}

function fits(element, width, height) {
  return element.scrollWidth <= width + 1 && element.offsetHeight <= height + 1;
}
