// Boxes and points in three dimensions on a plain canvas: no WebGL, so it draws on any machine and in any browser.
// Lengths are in any one unit. A drag or the arrow keys turn the view, plus and minus bring it nearer.
const SHADE = [0.86, 0.72, 1]; // of the faces that look along x, y and z
// How it is seen first; then all of it fits. Points from a photograph are seen from near where it was taken.
const FIRST = { boxes: { yaw: 0.95, pitch: 0.5, near: 1 }, points: { yaw: 0.4, pitch: 0.3, near: 1 } };
const STRAYS = 0.01; // share of the points at either end of each axis that the view need not hold
const MARGIN = 0.86; // of the canvas
const SPLAT = 3; // screen pixels of a point
const DIM = 0.1; // gaussians less opaque than this are not shown

export default {
  template: `
  <div class="rung-solids">
    <canvas ref="canvas" tabindex="0" role="img" :aria-label="label" @keydown="key"
      @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="held = null"></canvas>
  </div>`,
  props: { label: String, boxes: Array, shown: Number, chosen: String, space: Array, marks: Array, points: String,
           yup: Boolean },
  data() { return { ...(this.yup ? FIRST.points : FIRST.boxes) }; },
  watch: {
    boxes() { this.draw(); }, shown() { this.draw(); }, chosen() { this.draw(); }, space() { this.draw(); },
    points() { this.fetch(); },
  },
  created() { this.cloud = null; this.held = null; this.faces = []; },
  mounted() {
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.$refs.canvas);
    this.fetch();
  },
  unmounted() { this.watcher.disconnect(); },
  methods: {
    async fetch() {
      const url = this.points;
      this.cloud = null;
      if (url) {
        try {
          const answer = await fetch(url);
          if (!answer.ok) throw new Error(answer.status);
          const cloud = read(await answer.arrayBuffer());
          if (url !== this.points) return;
          this.cloud = cloud;
        } catch { this.$emit('lost', url); }
      }
      this.draw();
    },
    down(event) {
      this.held = { x: event.clientX, y: event.clientY, far: 0 };
      this.$refs.canvas.setPointerCapture(event.pointerId);
    },
    move(event) {
      if (!this.held) return;
      const [dx, dy] = [event.clientX - this.held.x, event.clientY - this.held.y];
      this.held = { x: event.clientX, y: event.clientY, far: this.held.far + Math.hypot(dx, dy) };
      this.turn(dx * 0.01, dy * 0.01);
    },
    up(event) {
      if (this.held && this.held.far < 4) this.$emit('chosen', this.under(event));
      this.held = null;
    },
    key(event) {
      const turn = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      const near = { '+': 1.15, '=': 1.15, '-': 1 / 1.15 }[event.key];
      if (!turn && !near) return;
      event.preventDefault();
      this.near = Math.min(6, Math.max(0.4, this.near * (near || 1)));
      this.turn(...(turn || [0, 0]));
    },
    turn(yaw, pitch) {
      this.yaw += yaw;
      this.pitch = Math.min(1.5, Math.max(-0.2, this.pitch + pitch));
      this.draw();
    },
    under(event) { // the box whose face was drawn last there
      const r = this.$refs.canvas.getBoundingClientRect(), pen = this.$refs.canvas.getContext('2d');
      const [x, y] = [event.clientX - r.left, event.clientY - r.top].map((v) => v * devicePixelRatio);
      return this.faces.findLast(({ path }) => pen.isPointInPath(path, x, y))?.id ?? '';
    },
    draw() {
      const canvas = this.$refs.canvas;
      if (!canvas || !canvas.clientWidth) return;
      const dots = devicePixelRatio || 1;
      canvas.width = canvas.clientWidth * dots;
      canvas.height = canvas.clientHeight * dots;
      const pen = canvas.getContext('2d');
      pen.clearRect(0, 0, canvas.width, canvas.height);
      const boxes = (this.boxes || []).slice(0, this.shown ?? undefined);
      const view = look(this.extent(boxes), this, this.yup ? FIRST.points : FIRST.boxes, canvas);
      this.faces = [];
      if (this.space) room(pen, view, this.space);
      for (const mark of this.marks || []) write(pen, view, mark, dots);
      if (this.cloud) scatter(pen, view, this.cloud, this.yup, canvas, SPLAT * Math.ceil(dots));
      for (const box of farFirst(boxes, view.eye)) this.faces.push(...solid(pen, view, box, box.id === this.chosen, dots));
      canvas.dataset.boxes = boxes.length;
      canvas.dataset.points = this.cloud ? this.cloud.count : 0;
    },
    extent(boxes) {
      if (this.space) return [[0, 0, 0], this.space];
      const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
      const take = (p) => p.forEach((v, i) => { low[i] = Math.min(low[i], v); high[i] = Math.max(high[i], v); });
      for (const box of boxes) { take(box.low); take(box.high); }
      if (this.cloud) for (const p of this.cloud.corners) take(upright(p, this.yup));
      return low[0] <= high[0] ? [low, high] : [[0, 0, 0], [1, 1, 1]];
    },
  },
};

function upright([x, y, z], yup) { return yup ? [x, -z, y] : [x, y, z]; }

// A camera on a sphere round the middle of what is shown. `at` gives screen x, y and the distance along its axis.
function look(extent, { yaw, pitch, near }, start, { width, height }) {
  const first = camera(extent, start), corners = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => extent[0].map((_, i) => extent[(k >> i) & 1][i]));
  const seen = corners.map(first.at), xs = seen.map(([x]) => x), ys = seen.map(([, y]) => y);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const focal = MARGIN * Math.min(width / (right - left), height / (high - low));
  const { at, eye } = camera(extent, { yaw, pitch, near });
  const middle = [(left + right) / 2, (low + high) / 2];
  return { eye, at: (place) => {
    const [x, y, depth] = at(place);
    return [width / 2 + (x - middle[0]) * focal, height / 2 - (y - middle[1]) * focal, depth];
  } };
}

function camera([low, high], { yaw, pitch, near }) { // x right, y up, on a screen at distance 1
  const middle = low.map((v, i) => (v + high[i]) / 2);
  const away = 3.2 * Math.max(Math.hypot(...high.map((v, i) => v - low[i])) / 2, 1e-6) / near;
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const at = ([x, y, z]) => {
    const [dx, dy, dz] = [x - middle[0], y - middle[1], z - middle[2]];
    const across = dx * cy + dy * sy, along = dy * cy - dx * sy;
    const depth = Math.max(away + along * cp - dz * sp, away * 0.02);
    return [across / depth, (dz * cp + along * sp) / depth, depth];
  };
  return { at, eye: [middle[0] + away * cp * sy, middle[1] - away * cp * cy, middle[2] + away * sp] };
}

function face(low, high, axis, side) { // its corners in turn; the two other axes run round
  const [a, b] = [0, 1, 2].filter((i) => i !== axis), on = side ? high[axis] : low[axis];
  return [[low, low], [high, low], [high, high], [low, high]].map(([p, q]) => {
    const corner = [0, 0, 0];
    corner[axis] = on; corner[a] = p[a]; corner[b] = q[b];
    return corner;
  });
}

function polygon(view, corners) {
  const path = new Path2D();
  corners.map(view.at).forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
  return path;
}

function room(pen, view, space) { // the floor and the walls that are seen from inside
  for (const axis of [2, 0, 1]) for (const side of [0, 1]) {
    const inside = side ? view.eye[axis] < space[axis] : view.eye[axis] > 0;
    if (!inside) continue;
    const path = polygon(view, face([0, 0, 0], space, axis, side));
    pen.fillStyle = axis === 2 ? '#e4e8ee' : '#f1f3f6';
    pen.strokeStyle = '#aab4c2';
    pen.fill(path);
    pen.stroke(path);
  }
}

function write(pen, view, { at, text }, dots) {
  const [x, y] = view.at(at);
  pen.font = `${13 * dots}px system-ui, sans-serif`;
  pen.textAlign = 'center';
  pen.fillStyle = '#566072';
  pen.fillText(text, x, y);
}

// Boxes that do not reach into each other, so that one hides another only across a plane between them.
function farFirst(boxes, eye) {
  const hides = (a, b) => [0, 1, 2].some((i) => (a.high[i] <= b.low[i] && eye[i] < b.low[i]) || (a.low[i] >= b.high[i] && eye[i] > b.high[i]));
  const waiting = new Map(boxes.map((box) => [box, boxes.filter((other) => other !== box && hides(box, other) && !hides(other, box))]));
  const ordered = [];
  while (waiting.size) { // what hides nothing that is still to be drawn is drawn next
    const next = [...waiting].find(([, behind]) => behind.every((other) => !waiting.has(other)))?.[0] ?? waiting.keys().next().value;
    waiting.delete(next);
    ordered.push(next);
  }
  return ordered;
}

function solid(pen, view, { id, low, high, colour, name }, chosen, dots) {
  const faces = [];
  for (const axis of [0, 1, 2]) for (const side of [0, 1]) {
    if (side ? view.eye[axis] <= high[axis] : view.eye[axis] >= low[axis]) continue;
    const corners = face(low, high, axis, side), path = polygon(view, corners);
    pen.fillStyle = `rgb(${colour.map((v) => Math.round(v * SHADE[axis])).join(' ')})`;
    pen.strokeStyle = chosen ? '#d6006c' : 'rgb(20 28 40 / .65)';
    pen.lineWidth = (chosen ? 3 : 1) * dots;
    pen.lineJoin = 'round';
    pen.fill(path);
    pen.stroke(path);
    faces.push({ id, path, corners });
  }
  if (name && faces.length) label(pen, view, faces, name, dots);
  return faces;
}

function label(pen, view, faces, name, dots) { // in the middle of the largest face, where it has room
  const spans = faces.map(({ corners }) => {
    const seen = corners.map(view.at), xs = seen.map(([x]) => x), ys = seen.map(([, y]) => y);
    return { wide: Math.max(...xs) - Math.min(...xs), high: Math.max(...ys) - Math.min(...ys),
             x: xs.reduce((a, b) => a + b) / 4, y: ys.reduce((a, b) => a + b) / 4 };
  });
  const best = spans.sort((a, b) => b.wide * b.high - a.wide * a.high)[0];
  pen.font = `600 ${11 * dots}px system-ui, sans-serif`;
  if (pen.measureText(name).width > best.wide * 0.8 || best.high < 16 * dots) return;
  pen.textAlign = 'center';
  pen.fillStyle = 'rgb(20 28 40 / .9)';
  pen.fillText(name, best.x, best.y + 4 * dots);
}

function scatter(pen, view, { count, xyz, rgb }, yup, { width, height }, size) { // the nearest point wins each pixel
  const image = pen.getImageData(0, 0, width, height), out = new Uint32Array(image.data.buffer);
  const nearest = new Float32Array(width * height).fill(Infinity);
  for (let k = 0; k < count; k++) {
    const [sx, sy, depth] = view.at(upright([xyz[3 * k], xyz[3 * k + 1], xyz[3 * k + 2]], yup));
    const word = ((255 << 24) | (rgb[3 * k + 2] << 16) | (rgb[3 * k + 1] << 8) | rgb[3 * k]) >>> 0;
    for (let dy = 0; dy < size; dy++) for (let dx = 0; dx < size; dx++) {
      const x = (sx | 0) + dx, y = (sy | 0) + dy;
      if (x < 0 || y < 0 || x >= width || y >= height || depth >= nearest[y * width + x]) continue;
      nearest[y * width + x] = depth;
      out[y * width + x] = word;
    }
  }
  pen.putImageData(image, 0, 0);
}

const KINDS = { char: [1, 'getInt8'], uchar: [1, 'getUint8'], int8: [1, 'getInt8'], uint8: [1, 'getUint8'],
  short: [2, 'getInt16'], ushort: [2, 'getUint16'], int: [4, 'getInt32'], uint: [4, 'getUint32'],
  int32: [4, 'getInt32'], float: [4, 'getFloat32'], float32: [4, 'getFloat32'], double: [8, 'getFloat64'] };

// Vertices of a binary little-endian PLY, with colours as bytes, or as gaussians have them; grey where there are none.
function read(buffer) {
  const head = new TextDecoder('latin1').decode(buffer.slice(0, 20000)), end = head.indexOf('end_header\n');
  if (!head.startsWith('ply') || end < 0 || !head.includes('format binary_little_endian')) throw new Error('no binary PLY');
  const vertex = head.slice(0, end).split('element ').find((part) => part.startsWith('vertex '));
  const fields = {};
  let stride = 0;
  for (const [, kind, name] of vertex.matchAll(/property (\w+) (\w+)/g)) {
    fields[name] = { at: stride, get: KINDS[kind][1] };
    stride += KINDS[kind][0];
  }
  const total = parseInt(vertex.split(/\s+/)[1]), data = new DataView(buffer, end + 11);
  const value = (row, name) => data[fields[name].get](row * stride + fields[name].at, true);
  const shade = fields.red ? (row, name) => value(row, name)
    : fields.f_dc_0 ? (row, name) => 255 * Math.min(1, Math.max(0, 0.5 + 0.28209479 * value(row, { red: 'f_dc_0', green: 'f_dc_1', blue: 'f_dc_2' }[name])))
    : () => 130;
  const xyz = new Float32Array(3 * total), rgb = new Uint8Array(3 * total);
  let count = 0;
  for (let row = 0; row < total; row++) {
    if (fields.opacity && 1 / (1 + Math.exp(-value(row, 'opacity'))) < DIM) continue;
    ['x', 'y', 'z'].forEach((name, i) => { xyz[3 * count + i] = value(row, name); });
    ['red', 'green', 'blue'].forEach((name, i) => { rgb[3 * count + i] = shade(row, name); });
    count++;
  }
  const along = [0, 1, 2].map((i) => Float32Array.from({ length: count }, (_, k) => xyz[3 * k + i]).sort());
  const at = (share) => along.map((sorted) => sorted[Math.floor(share * (count - 1))]);
  return { count, xyz, rgb, corners: count ? [at(STRAYS), at(1 - STRAYS)] : [] };
}
