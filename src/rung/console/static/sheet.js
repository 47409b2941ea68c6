// A large sheet in a window: the wheel zooms at the pointer, a drag moves, two fingers do both. Marks lie over it, by layers;
// what is pointed at is told beside the pointer, a click chooses. Positions are pixels of the sheet, whatever its size here.
const CLICK = 5; // a pointer that moves less than this many screen pixels clicks
const STEP = 1.3; // of one press on a zoom button
const CLOSEST = 8; // screen pixels for one of the sheet
const READABLE = 1; // a mark chosen elsewhere is brought at least this near
const MARGIN = 12;

export default {
  template: `
  <div class="rung-sheet" ref="window" tabindex="0" role="group" :aria-label="label" :data-scale="scale.toFixed(4)"
      @wheel.prevent="wheel" @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="drop" @pointerleave="told = null"
      @keydown="key">
    <div class="rung-sheet-plane" :style="{width: width + 'px', height: height + 'px', transform: css}">
      <img :src="src" :alt="label" draggable="false" @error="$emit('lost', src)" @load="ready = true" :data-ready="ready">
      <svg :viewBox="'0 0 ' + width + ' ' + height" aria-hidden="true">
        <polygon v-for="m in shown" :key="m.layer + m.id" :points="m.points.map((p) => p.join(',')).join(' ')" :data-mark="m.id"
          :class="['rung-mark', 'rung-layer-' + m.layer, m.state && 'rung-mark-' + m.state, {'rung-chosen': m.id === chosen}]"/>
      </svg>
    </div>
    <div v-if="told" class="rung-told" :style="{left: told.x + 'px', top: told.y + 'px'}" :class="{'rung-told-up': told.up, 'rung-told-left': told.left}">
      <b>{{ told.mark.title }}</b><span v-for="line in told.mark.lines">{{ line }}</span></div>
    <div class="rung-zoom" @pointerdown.stop>
      <button type="button" :aria-label="words.nearer" :title="words.nearer" @click="nearer">+</button>
      <button type="button" :aria-label="words.farther" :title="words.farther" @click="farther">−</button>
      <button type="button" :aria-label="words.whole" :title="words.whole" @click="fit">⤢</button>
    </div>
    <div v-if="busy" class="rung-wait" role="status"><i></i><span>{{ busy }}</span></div>
  </div>`,
  props: { src: String, width: Number, height: Number, label: String, words: Object, marks: Array, layers: Array,
           chosen: String, busy: String },
  data: () => ({ scale: 1, x: 0, y: 0, told: null, ready: false }),
  computed: {
    css() { return `translate(${this.x}px, ${this.y}px) scale(${this.scale})`; },
    shown() { // the small ones last, so that they lie on top and can be pointed at
      const on = new Set(this.layers);
      return this.marks.filter((m) => on.has(m.layer)).sort((a, b) => area(b.points) - area(a.points));
    },
  },
  watch: {
    src() { this.ready = false; this.$nextTick(this.fit); },
    chosen(id) { const mark = this.marks.find((m) => m.id === id); if (mark) this.bring(mark.points); },
  },
  created() { this.fingers = new Map(); this.start = null; this.moved = false; },
  mounted() {
    this.fit();
    this.sized = new ResizeObserver(() => { if (!this.moved) this.fit(); });
    this.sized.observe(this.$refs.window);
  },
  unmounted() { this.sized.disconnect(); },
  methods: {
    least() { // the whole sheet is seen
      const { clientWidth: w, clientHeight: h } = this.$refs.window;
      return Math.min((w - 2 * MARGIN) / this.width, (h - 2 * MARGIN) / this.height);
    },
    fit() {
      const { clientWidth: w, clientHeight: h } = this.$refs.window;
      if (!w || !h) return;
      this.scale = Math.min(this.least(), CLOSEST);
      this.x = (w - this.width * this.scale) / 2;
      this.y = (h - this.height * this.scale) / 2;
      this.moved = false;
    },
    zoom(factor, px, py) { // what is at (px, py) of the window stays there
      const to = Math.min(CLOSEST, Math.max(Math.min(this.least(), 1), this.scale * factor)), by = to / this.scale;
      this.x = px - (px - this.x) * by;
      this.y = py - (py - this.y) * by;
      this.scale = to;
      this.moved = true;
    },
    by(factor) { const { clientWidth: w, clientHeight: h } = this.$refs.window; this.zoom(factor, w / 2, h / 2); },
    nearer() { this.by(STEP); },
    farther() { this.by(1 / STEP); },
    place(event) {
      const r = this.$refs.window.getBoundingClientRect();
      return [event.clientX - r.left, event.clientY - r.top];
    },
    wheel(event) { this.zoom(Math.exp(-event.deltaY / 400), ...this.place(event)); },
    down(event) {
      if (event.button !== 0) return;
      this.fingers.set(event.pointerId, this.place(event));
      this.start = this.fingers.size === 1 ? { at: this.place(event), x: this.x, y: this.y } : null;
      this.$refs.window.setPointerCapture(event.pointerId);
    },
    move(event) {
      const at = this.place(event);
      if (!this.fingers.has(event.pointerId)) return this.point(event, at);
      if (this.fingers.size === 2) {
        const [, other] = [...this.fingers].find(([id]) => id !== event.pointerId), was = this.fingers.get(event.pointerId);
        const [now, then] = [apart(at, other), apart(was, other)], middle = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
        if (then > 0) this.zoom(now / then, ...middle);
        this.x += (at[0] - was[0]) / 2;
        this.y += (at[1] - was[1]) / 2;
      } else if (this.start && apart(at, this.start.at) > CLICK) {
        this.x = this.start.x + at[0] - this.start.at[0];
        this.y = this.start.y + at[1] - this.start.at[1];
        this.moved = true;
        this.told = null;
      }
      this.fingers.set(event.pointerId, at);
    },
    up(event) {
      const start = this.start;
      this.drop(event);
      if (start && apart(this.place(event), start.at) <= CLICK) this.$emit('chosen', this.under(event)?.id ?? '');
    },
    drop(event) { this.fingers.delete(event.pointerId); this.start = null; },
    under(event) { // the smallest mark there
      const top = document.elementsFromPoint(event.clientX, event.clientY).find((e) => e.dataset?.mark !== undefined);
      return top && this.marks.find((m) => m.id === top.dataset.mark);
    },
    point(event, [x, y]) {
      const mark = this.under(event), { clientWidth: w, clientHeight: h } = this.$refs.window;
      this.told = mark ? { mark, x, y, up: y > h / 2, left: x > w / 2 } : null;
    },
    bring(points) { // into the middle, near enough to be read, unless it is seen well already
      const { clientWidth: w, clientHeight: h } = this.$refs.window;
      const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
      const [x, y] = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
      const [px, py] = [this.x + x * this.scale, this.y + y * this.scale];
      if (this.scale >= READABLE / 2 && px > 40 && py > 40 && px < w - 40 && py < h - 40) return;
      const side = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys), 1);
      this.told = null; // what is under the pointer is another thing now
      this.scale = Math.max(Math.min(this.scale, CLOSEST), Math.min(READABLE, (0.8 * Math.min(w, h)) / side));
      this.x = w / 2 - x * this.scale;
      this.y = h / 2 - y * this.scale;
      this.moved = true;
    },
    key(event) { // letters press what is offered for what is chosen, below the sheet
      if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat) {
        const offered = document.querySelector(`.rung-picked [data-key="${event.code}"]`);
        if (offered) { event.preventDefault(); return offered.click(); }
      }
      const deeds = { '+': this.nearer, '=': this.nearer, '-': this.farther, '0': this.fit,
        ArrowLeft: () => { this.x += 60; }, ArrowRight: () => { this.x -= 60; }, ArrowUp: () => { this.y += 60; },
        ArrowDown: () => { this.y -= 60; } };
      if (!deeds[event.key] || event.ctrlKey || event.metaKey || event.target !== this.$refs.window) return;
      event.preventDefault();
      deeds[event.key]();
    },
  },
};

const apart = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
const area = (points) => {
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
};
