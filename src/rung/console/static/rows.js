// A table that is gone through by the keyboard. In each row one button is the row's own ([data-row]); arrows move from one
// to the next and choose it, letters press the row's other buttons, named by [data-key]. What ends a row's work ([data-onward])
// goes on to the next row that still waits for it.
export default {
  template: `<div class="rung-rows" ref="rows" @keydown="key" @focusin="at"><slot></slot></div>`,
  mounted() { // a row that changes is drawn anew, and what had the keyboard is gone then: its row has it again
    this.seen = new MutationObserver(() => this.back());
    this.seen.observe(this.$refs.rows, { childList: true, subtree: true });
    this.away = (event) => { if (!this.$refs.rows.contains(event.target)) this.last = ''; };
    document.addEventListener('pointerdown', this.away);
    document.addEventListener('focusin', this.away);
  },
  unmounted() {
    this.seen.disconnect();
    document.removeEventListener('pointerdown', this.away);
    document.removeEventListener('focusin', this.away);
  },
  created() { this.last = ''; },
  methods: {
    own: (row) => row?.querySelector('[data-row]'),
    at(event) {
      const own = this.own(event.target.closest('tr'));
      if (own) this.last = own.dataset.row;
    },
    back() {
      if (!this.last || document.activeElement !== document.body) return;
      const own = [...this.$refs.rows.querySelectorAll('[data-row]')].find((one) => one.dataset.row === this.last);
      own?.focus({ preventScroll: true });
    },
    key(event) {
      const row = event.target.closest('tr');
      if (!row || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea')) return;
      const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
      if (step) {
        event.preventDefault();
        return this.go(row[step]);
      }
      const pressed = [...row.querySelectorAll('[data-key]')].find((one) => one.dataset.key === event.code);
      if (!pressed || event.repeat) return;
      event.preventDefault();
      pressed.click();
      if (pressed.dataset.onward !== undefined) this.go(this.onward(row) || row.nextElementSibling);
    },
    onward(row) {
      let next = row.nextElementSibling;
      while (next && !next.querySelector('[data-onward]')) next = next.nextElementSibling;
      return next;
    },
    go(row) {
      const own = this.own(row);
      if (!own) return;
      own.focus({ preventScroll: true });
      row.scrollIntoView({ block: 'nearest' });
      if (own.getAttribute('aria-pressed') !== 'true') own.click();
    },
  },
};
