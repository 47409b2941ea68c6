// Counts the seconds since it was put on the page: a long wait that moves is not a dead one.
export default {
  template: `<span class="rung-clock">{{ elapsed }} s</span>`,
  data: () => ({ elapsed: 0 }),
  mounted() {
    const begun = performance.now();
    this.ticking = setInterval(() => { this.elapsed = Math.floor((performance.now() - begun) / 1000); }, 250);
  },
  unmounted() { clearInterval(this.ticking); },
};
