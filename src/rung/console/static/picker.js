// Takes a picture from the visitor (button; where `wide`, dropped or pasted anywhere on the page too) and sends it to
// the API once, as it is: the server reads it under its own limits, and the page goes on with the id.
export default {
  template: `
  <label :class="['rung-picker', {'rung-disabled': sending}]">
    <input type="file" accept="image/png,image/jpeg,image/webp" :disabled="sending" @change="chosen">
    <span>{{ sending ? sending_label : label }}</span>
  </label>`,
  props: { label: String, sending_label: String, drop_label: String, wide: Boolean },
  data: () => ({ sending: false, bound: [], depth: 0 }),
  mounted() {
    if (!this.wide) return;
    const carries = (e) => [...(e.dataTransfer?.types || [])].includes('Files');
    this.listen('dragenter', (e) => { if (carries(e)) { this.depth++; this.veil(true); } });
    this.listen('dragover', (e) => { if (carries(e)) e.preventDefault(); });
    this.listen('dragleave', () => { if (--this.depth <= 0) this.veil(false); });
    this.listen('drop', (e) => { if (carries(e)) { e.preventDefault(); this.veil(false); this.send(e.dataTransfer.files[0]); } });
    this.listen('paste', (e) => { if (e.clipboardData?.files.length) { e.preventDefault(); this.send(e.clipboardData.files[0]); } });
  },
  unmounted() {
    for (const [kind, deed] of this.bound) window.removeEventListener(kind, deed);
    this.veil(false);
  },
  methods: {
    listen(kind, deed) { window.addEventListener(kind, deed); this.bound.push([kind, deed]); },
    veil(on) {
      if (!on) this.depth = 0;
      if (on) document.body.dataset.drop = this.drop_label; else delete document.body.dataset.drop;
    },
    chosen(event) { this.send(event.target.files[0]); event.target.value = ''; },
    async send(file) {
      if (!file || this.sending) return;
      this.sending = true;
      try {
        const answer = await fetch('/v1/files', { method: 'POST', body: file, headers: { 'Content-Type': 'application/octet-stream' } });
        const body = await answer.json();
        if (answer.ok) this.$emit('opened', { ...body, name: file.name });
        else this.$emit('refused', `${file.name}: ${body.detail}`);
      } catch (error) {
        this.$emit('refused', `${file.name}: ${error.message}`);
      } finally {
        this.sending = false;
      }
    },
  },
};
