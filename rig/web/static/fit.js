// Letters as large as their box allows.

/** Set the size of an element's letters between two sizes in pixels, so that it fits into its parent. */
export function fitText(element, smallest, largest) {
  const box = element.parentElement;
  const [width, height] = [box.clientWidth, box.clientHeight];
  if (!width || !height) return;
  element.classList.remove("one-line");
  let [low, high] = [smallest, Math.max(smallest, largest)];
  element.style.fontSize = `${high}px`;
  if (fits(element, width, height)) return;
  while (high - low > 1) {
    const middle = (low + high) / 2;
    element.style.fontSize = `${middle}px`;
    if (fits(element, width, height)) low = middle;
    else high = middle;
  }
  element.style.fontSize = `${Math.max(smallest, Math.floor(low))}px`;
  element.classList.toggle("one-line", !fits(element, width, height));
}

/** Make the letters of an element narrower, not smaller, until it fits into its parent. */
export function squeeze(element) {
  element.style.transform = "";
  const style = getComputedStyle(element.parentElement);
  const room = element.parentElement.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const width = element.offsetWidth;
  if (room > 0 && width > room) element.style.transform = `scaleX(${room / width})`;
}

function fits(element, width, height) {
  return element.scrollWidth <= width + 1 && element.offsetHeight <= height + 1;
}
