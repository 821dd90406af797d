// Dots in a plane, and how it is looked at: what lies where on the screen, what is nearest, zoom and shift.

const EDGE_PX = 18; // around all of them
const MOST_ZOOM = 400;

export class Dots {
  x = new Float32Array(0);
  y = new Float32Array(0);
  #size = [1, 1];
  #fit = 1;
  #zoom = 1;
  #middle = [0, 0]; // of all of them
  #half = [1, 1]; // how far they reach from there
  #centre = [0, 0]; // of the picture

  /** These are the dots, from −1 to 1, upwards. */
  put(x, y) {
    this.x = Float32Array.from(x);
    this.y = Float32Array.from(y);
    const ends = [this.x, this.y].map((all) => all.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]));
    this.#middle = ends.map(([low, high]) => (this.count ? (low + high) / 2 : 0));
    this.#half = ends.map(([low, high]) => (high > low ? (high - low) / 2 : 1));
    this.showAll();
  }

  get count() {
    return this.x.length;
  }

  get zoom() {
    return this.#zoom;
  }

  /** The size of the picture, in pixels. */
  resize(width, height) {
    this.#size = [width, height];
    const [across, up] = this.#half;
    this.#fit = Math.max(1, Math.min((width / 2 - EDGE_PX) / across, (height / 2 - EDGE_PX) / up));
  }

  showAll() {
    this.#zoom = 1;
    this.#centre = [...this.#middle];
  }

  get #scale() {
    return this.#fit * this.#zoom;
  }

  /** Where a dot stands on the screen. */
  at(place) {
    const [width, height] = this.#size;
    const scale = this.#scale;
    return [width / 2 + (this.x[place] - this.#centre[0]) * scale, height / 2 - (this.y[place] - this.#centre[1]) * scale];
  }

  /** Closer or further, so that what is at a point stays there. */
  zoomAt(px, py, times) {
    const [width, height] = this.#size;
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.#zoom * times));
    const [dx, dy] = [(px - width / 2) / this.#scale, (height / 2 - py) / this.#scale];
    const kept = this.#zoom / zoom;
    this.#centre = [this.#centre[0] + dx * (1 - kept), this.#centre[1] + dy * (1 - kept)];
    this.#zoom = zoom;
    this.#hold();
  }

  shift(px, py) {
    this.#centre = [this.#centre[0] - px / this.#scale, this.#centre[1] + py / this.#scale];
    this.#hold();
  }

  /** Bring a dot into sight. */
  follow(place) {
    const [width, height] = this.#size;
    const [px, py] = this.at(place);
    if (px < EDGE_PX || py < EDGE_PX || px > width - EDGE_PX || py > height - EDGE_PX) {
      this.#centre = [this.x[place], this.y[place]];
    }
  }

  #hold() {
    const most = this.#zoom === 1 ? 0 : 1;
    this.#centre = this.#centre.map((value, axis) => {
      const [middle, reach] = [this.#middle[axis], most * this.#half[axis]];
      return Math.min(middle + reach, Math.max(middle - reach, value));
    });
  }

  /** The dot nearest to a point of the screen, within so many pixels; −1: none. */
  nearest(px, py, within) {
    const [width, height] = this.#size;
    const scale = this.#scale;
    const [x, y] = [(px - width / 2) / scale + this.#centre[0], (height / 2 - py) / scale + this.#centre[1]];
    let best = -1;
    let least = (within / scale) ** 2;
    for (let place = 0; place < this.x.length; place += 1) {
      const far = (this.x[place] - x) ** 2 + (this.y[place] - y) ** 2;
      if (far <= least) {
        least = far;
        best = place;
      }
    }
    return best;
  }

  /** The next dot in a direction, [1, 0] to the right, [0, 1] upwards: near, and hardly aside; −1: none. */
  next(from, [right, up]) {
    let best = -1;
    let least = Infinity;
    for (let place = 0; place < this.x.length; place += 1) {
      const [dx, dy] = [this.x[place] - this.x[from], this.y[place] - this.y[from]];
      const along = dx * right + dy * up;
      const aside = Math.abs(dx * up) + Math.abs(dy * right);
      if (place === from || along <= 0 || aside > 2 * along) continue;
      const far = along + 2 * aside;
      if (far < least) {
        least = far;
        best = place;
      }
    }
    return best;
  }
}
