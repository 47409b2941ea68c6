// A photograph with a mask in its own colour for each piece. A click chooses the piece under it, a drag draws a box.
// Positions are pixels of the picture, whatever its size on the screen.
const CLICK = 6; // a pointer that moves less than this many screen pixels clicks, one that moves more draws a box
const SIDE = 1280; // the longest side on which masks are painted: enough for a screen, light for many pieces
const ALPHA = { other: 96, chosen: 168, edge: 255 };

export default {
  template: `
  <div class="rung-board" :style="{'--ratio': width / height}">
    <div class="rung-stage rung-pieces" ref="stage" :style="{aspectRatio: width + ' / ' + height}"
        @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="start = null">
      <img :src="src" :alt="label" draggable="false" @error="$emit('lost', src)">
      <canvas ref="canvas" aria-hidden="true"></canvas>
      <div v-for="p in pieces" :key="p.id" :class="['rung-piece', {'rung-chosen': p.id === chosen}]" :style="place(p.box)">
        <button type="button" :style="{background: css(p.colour)}" :aria-pressed="p.id === chosen" :data-piece="p.id"
          @pointerdown.stop @click="$emit('chosen', p.id)">{{ p.name }}</button>
      </div>
      <div v-for="(h, i) in hands" :key="'hand' + i" class="rung-box" :style="place(h.box)"><b>{{ h.label }}</b></div>
      <div v-if="drawn" class="rung-box" :style="place(drawn)"></div>
      <div v-if="busy" class="rung-wait" role="status"><i></i><span>{{ busy }}</span></div>
    </div>
  </div>`,
  props: { src: String, width: Number, height: Number, label: String, pieces: Array, hands: Array, chosen: String,
           busy: String },
  data: () => ({ start: null, drawn: null }),
  watch: {
    pieces(now, old) { if (JSON.stringify(now) !== JSON.stringify(old)) this.load(); },
    chosen() { this.paint(); },
  },
  created() { this.map = null; }, // which piece each painted pixel shows: its place in `pieces` + 1; not watched
  mounted() { this.load(); },
  methods: {
    css([r, g, b]) { return `rgb(${r} ${g} ${b})`; },
    place([x0, y0, x1, y1]) {
      const part = (v, whole) => `${v / whole * 100}%`;
      return { left: part(x0, this.width), top: part(y0, this.height),
               width: part(x1 - x0, this.width), height: part(y1 - y0, this.height) };
    },
    pixel(event) {
      const r = this.$refs.stage.getBoundingClientRect();
      const of = (v, whole) => Math.min(whole - 1, Math.max(0, Math.floor(v * whole)));
      return [of((event.clientX - r.left) / r.width, this.width), of((event.clientY - r.top) / r.height, this.height)];
    },
    down(event) {
      if (event.button !== 0) return;
      this.start = { at: this.pixel(event), x: event.clientX, y: event.clientY };
      if (event.pointerType !== 'touch') this.$refs.stage.setPointerCapture(event.pointerId);
    },
    move(event) { // fingers scroll; only a mouse or a pen draws a box
      if (!this.start || event.pointerType === 'touch') return;
      const far = Math.hypot(event.clientX - this.start.x, event.clientY - this.start.y) > CLICK;
      const [[ax, ay], [bx, by]] = [this.start.at, this.pixel(event)];
      this.drawn = far ? [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx) + 1, Math.max(ay, by) + 1] : null;
    },
    up() {
      const { start, drawn } = this;
      this.start = this.drawn = null;
      if (!start) return;
      if (drawn) this.$emit('box', drawn);
      else this.$emit('chosen', this.under(start.at));
    },
    under([x, y]) { // the piece whose mask is there; of boxes without one the smallest
      if (this.map) {
        const at = Math.floor(y / this.height * this.map.h) * this.map.w + Math.floor(x / this.width * this.map.w);
        if (this.map.of[at]) return this.pieces[this.map.of[at] - 1].id;
      }
      const area = ({ box: [x0, y0, x1, y1] }) => (x1 - x0) * (y1 - y0);
      const inside = ({ box: [x0, y0, x1, y1], mask }) => !mask && x >= x0 && x < x1 && y >= y0 && y < y1;
      return this.pieces.filter(inside).sort((a, b) => area(a) - area(b))[0]?.id ?? '';
    },
    async load() {
      const { pieces } = this, scale = Math.min(1, SIDE / Math.max(this.width, this.height));
      const w = Math.max(1, Math.round(this.width * scale)), h = Math.max(1, Math.round(this.height * scale));
      const masks = await Promise.all(pieces.map((piece) => this.mask(piece.mask, w, h)));
      if (pieces !== this.pieces) return; // others have come meanwhile
      this.map = { of: indexed(masks, w * h), w, h };
      this.paint();
    },
    async mask(url, w, h) { // 1 where the piece is; null where there is no mask
      if (!url) return null;
      const image = new Image();
      image.src = url;
      try { await image.decode(); } catch { this.$emit('lost', url); return null; }
      const pen = Object.assign(document.createElement('canvas'), { width: w, height: h }).getContext('2d');
      pen.drawImage(image, 0, 0, w, h);
      const { data } = pen.getImageData(0, 0, w, h);
      return Uint8Array.from({ length: w * h }, (_, i) => data[4 * i] > 127);
    },
    paint() {
      const canvas = this.$refs.canvas;
      if (!canvas || !this.map) return;
      const { of, w, h } = this.map, { pieces, chosen } = this;
      canvas.width = w;
      canvas.height = h;
      const pen = canvas.getContext('2d'), out = pen.createImageData(w, h), reach = Math.max(1, Math.round(w / 400));
      for (let y = 0, i = 0; y < h; y++) {
        for (let x = 0; x < w; x++, i++) {
          const piece = pieces[of[i] - 1];
          if (!piece) continue;
          const rim = of[i] !== of[i - reach] || of[i] !== of[i + reach] || of[i] !== of[i - reach * w] || of[i] !== of[i + reach * w];
          const mine = piece.id === chosen;
          out.data.set(rim && mine ? [255, 255, 255] : piece.colour, 4 * i);
          out.data[4 * i + 3] = rim ? ALPHA.edge : mine ? ALPHA.chosen : ALPHA.other;
        }
      }
      pen.putImageData(out, 0, 0);
      canvas.dataset.painted = pieces.filter((_, k) => of.includes(k + 1)).map((piece) => piece.id).join(' ');
    },
  },
};

// Small pieces lie over large ones: a cushion stays to be seen on its sofa.
function indexed(masks, size) {
  const order = masks.map((mask, at) => ({ mask, at, area: mask ? mask.reduce((sum, v) => sum + v, 0) : 0 }));
  const of = new Uint16Array(size);
  for (const { mask, at } of order.filter(({ mask }) => mask).sort((a, b) => b.area - a.area))
    for (let i = 0; i < size; i++) if (mask[i]) of[i] = at + 1;
  return of;
}
