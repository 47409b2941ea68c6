// A piece of a large picture, set upright: what stands inside four corners, in reading direction, with a little around it.
const AROUND = 0.3; // of the piece's height
const HEIGHT = 32, WIDEST = 190; // screen pixels

export default {
  template: `
  <svg class="rung-crop" role="img" :aria-label="label" :viewBox="'0 0 ' + box.width + ' ' + box.height"
      :style="{width: box.shown + 'px', height: box.tall + 'px'}">
    <image :href="src" :width="width" :height="height" :transform="box.matrix"/>
  </svg>`,
  props: { src: String, width: Number, height: Number, points: Array, label: String },
  computed: {
    box() {
      const [[x, y], [rx, ry], , [dx, dy]] = this.points;
      const long = Math.max(Math.hypot(rx - x, ry - y), 1), tall = Math.max(Math.hypot(dx - x, dy - y), 1);
      const around = AROUND * Math.min(tall, long), turn = Math.atan2(ry - y, rx - x);
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      const width = long + 2 * around, height = tall + 2 * around;
      const scale = Math.min(HEIGHT / height, WIDEST / width);
      return { width, height, shown: width * scale, tall: height * scale,
        matrix: `matrix(${c} ${-s} ${s} ${c} ${around - c * x - s * y} ${around + s * x - c * y})` };
    },
  },
};
