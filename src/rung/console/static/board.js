// A picture that can be clicked: points, a box, and the mask over it. Positions are pixels of the picture.
const CLICK = 6; // a pointer that moves less than this many screen pixels clicks, one that moves more draws a box
const SIDE = 1600; // the longest side on which the mask is painted: enough for a screen, light for 12 megapixels
const FILL = [[214, 0, 108, 120], [120, 0, 190, 120]]; // stripes of two colours: seen on an object of any colour
const EDGE = [255, 255, 255, 240];

export default {
  template: `
  <div class="rung-board" :style="{'--ratio': width / height}">
    <div class="rung-stage" ref="stage" tabindex="0" role="application" :aria-label="label" :aria-busy="!!busy"
        :style="{aspectRatio: width + ' / ' + height}"
        @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="start = null"
        @contextmenu.prevent @keydown="key" @blur="cursor = null">
      <img :src="src" :alt="label" draggable="false" @error="$emit('lost', src)">
      <canvas ref="canvas"></canvas>
      <div v-if="shownBox" class="rung-box" :style="place(shownBox)"></div>
      <span v-for="(p, i) in points" :key="i" :class="['rung-point', p[2] ? 'rung-adds' : 'rung-takes']"
        :style="at(p)" aria-hidden="true">{{ p[2] ? '+' : '−' }}</span>
      <span v-if="cursor" class="rung-cursor" :style="at(cursor)" aria-hidden="true"></span>
      <div v-if="busy" class="rung-wait" role="status"><i></i><span>{{ busy }}</span><b>{{ elapsed }} s</b></div>
    </div>
  </div>`,
  props: { src: String, width: Number, height: Number, label: String, mask: String, busy: String,
           subtract: Boolean, points: Array, box: Array },
  data: () => ({ start: null, drawn: null, cursor: null, elapsed: '0.0', ticking: 0 }),
  computed: { shownBox() { return this.drawn || this.box; } },
  watch: {
    mask() { this.paint(); },
    busy(text, old) { if (!!text !== !!old) this.tick(!!text); },
  },
  mounted() { this.paint(); this.tick(!!this.busy); },
  unmounted() { clearInterval(this.ticking); },
  methods: {
    at([x, y]) { return { left: `${(x + 0.5) / this.width * 100}%`, top: `${(y + 0.5) / this.height * 100}%` }; },
    place([x0, y0, x1, y1]) {
      const part = (v, whole) => `${v / whole * 100}%`;
      return { left: part(x0, this.width), top: part(y0, this.height),
               width: part(x1 - x0, this.width), height: part(y1 - y0, this.height) };
    },
    pixel(event) { // whatever the displayed size: the share of the shown picture, in pixels of the real one
      const r = this.$refs.stage.getBoundingClientRect();
      const of = (v, whole) => Math.min(whole - 1, Math.max(0, Math.floor(v * whole)));
      return [of((event.clientX - r.left) / r.width, this.width), of((event.clientY - r.top) / r.height, this.height)];
    },
    down(event) {
      if (event.button > 2 || event.button === 1) return;
      this.start = { at: this.pixel(event), x: event.clientX, y: event.clientY, button: event.button };
      if (event.pointerType !== 'touch') this.$refs.stage.setPointerCapture(event.pointerId);
    },
    move(event) { // fingers scroll; only a mouse or a pen draws a box
      if (!this.start || this.start.button !== 0 || event.pointerType === 'touch') return;
      this.drawn = this.far(event) ? this.span(this.start.at, this.pixel(event)) : null;
    },
    up(event) {
      const { start, drawn } = this;
      this.start = this.drawn = null;
      if (!start) return;
      if (drawn && drawn[2] > drawn[0] && drawn[3] > drawn[1]) return this.$emit('box', drawn);
      const takes = start.button === 2 || event.shiftKey || event.ctrlKey || this.subtract;
      this.$emit('point', [...start.at, takes ? 0 : 1]);
    },
    far(event) { return Math.hypot(event.clientX - this.start.x, event.clientY - this.start.y) > CLICK; },
    span([ax, ay], [bx, by]) {
      return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx) + 1, Math.max(ay, by) + 1];
    },
    key(event) { // arrows move a cross, Enter adds there, Shift+Enter or Delete subtracts, Ctrl+Z takes back
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const leap = event.shiftKey ? 0.002 : 0.02;
      if (step) {
        const [x, y] = this.cursor || [this.width / 2, this.height / 2];
        const far = Math.max(1, leap * Math.max(this.width, this.height));
        const keep = (v, whole) => Math.floor(Math.min(whole - 1, Math.max(0, v)));
        this.cursor = [keep(x + step[0] * far, this.width), keep(y + step[1] * far, this.height)];
      } else if ((event.key === 'Enter' || event.key === 'Delete') && this.cursor) {
        const takes = event.key === 'Delete' || event.shiftKey || this.subtract;
        this.$emit('point', [...this.cursor, takes ? 0 : 1]);
      } else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) {
        this.$emit('undo');
      } else return;
      event.preventDefault();
    },
    tick(on) {
      clearInterval(this.ticking);
      const begun = performance.now();
      this.elapsed = '0.0';
      if (on) this.ticking = setInterval(() => { this.elapsed = ((performance.now() - begun) / 1000).toFixed(1); }, 100);
    },
    async paint() {
      const url = this.mask, canvas = this.$refs.canvas;
      if (!canvas) return;
      if (!url) { canvas.width = canvas.height = 1; canvas.dataset.mask = ''; return; }
      const image = new Image();
      image.src = url;
      try { await image.decode(); } catch { this.$emit('lost', url); return; }
      if (url !== this.mask) return; // a newer mask is on its way
      const covered = overlay(canvas, image);
      canvas.dataset.mask = url;
      this.$emit('shown', { mask: url, covered });
    },
  },
};

// Draws the mask (white is selected) as a translucent colour with a light edge; returns the share that is covered.
function overlay(canvas, image) {
  const scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
  const w = canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  const h = canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.drawImage(image, 0, 0, w, h);
  const data = pen.getImageData(0, 0, w, h), out = new Uint32Array(data.data.buffer);
  const inside = Uint8Array.from({ length: w * h }, (_, i) => data.data[4 * i] > 127);
  const word = ([r, g, b, a]) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
  const fills = FILL.map(word), edge = word(EDGE), side = Math.max(w, h);
  const reach = Math.max(1, Math.round(side / 350)), stripe = Math.max(2, side / 110);
  let covered = 0;
  for (let y = 0, i = 0; y < h; y++) {
    for (let x = 0; x < w; x++, i++) {
      if (!inside[i]) { out[i] = 0; continue; }
      covered++;
      const rim = x < reach || y < reach || x >= w - reach || y >= h - reach || !inside[i - reach] || !inside[i + reach]
        || !inside[i - reach * w] || !inside[i + reach * w];
      out[i] = rim ? edge : fills[Math.floor((x + y) / stripe) % 2];
    }
  }
  pen.putImageData(data, 0, 0);
  return covered / (w * h);
}
