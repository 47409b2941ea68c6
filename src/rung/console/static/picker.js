// Takes a picture from the visitor (button; where `wide`, dropped or pasted anywhere on the page too) and sends it to
// the API once, as it is: the server reads it under its own limits, and the page goes on with the id.
export default {
  template: `
  <label :class="['rung-picker', {'rung-disabled': sending}]">
    <input type="file" :accept="accept" :multiple="several" :disabled="sending" @change="chosen">
    <span>{{ sending ? sending_label : label }}</span>
  </label>`,
  props: { label: String, sending_label: String, drop_label: String, wide: Boolean, several: Boolean, accept: String },
  data: () => ({ sending: false, bound: [], depth: 0 }),
  mounted() {
    if (!this.wide) return;
    const carries = (e) => [...(e.dataTransfer?.types || [])].includes('Files');
    this.listen('dragenter', (e) => { if (carries(e)) { this.depth++; this.veil(true); } });
    this.listen('dragover', (e) => { if (carries(e)) e.preventDefault(); });
    this.listen('dragleave', () => { if (--this.depth <= 0) this.veil(false); });
    this.listen('drop', (e) => { if (carries(e)) { e.preventDefault(); this.veil(false); this.all(e.dataTransfer.files); } });
    this.listen('paste', (e) => { if (e.clipboardData?.files.length) { e.preventDefault(); this.all(e.clipboardData.files); } });
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
    chosen(event) { this.all(event.target.files); event.target.value = ''; },
    async all(files) { // told of together: the first one may take this button off the page
      if (this.sending) return;
      this.sending = true;
      const answers = [];
      for (const file of [...files].slice(0, this.several ? undefined : 1)) answers.push(await this.send(file));
      this.sending = false;
      const refused = answers.filter((one) => typeof one === 'string');
      this.$emit('sent', { opened: answers.filter((one) => typeof one !== 'string'), refused });
    },
    async send(file) { // what the API says of it, or the sentence why it would not have it
      try {
        const answer = await fetch('/v1/files', { method: 'POST', body: file, headers: { 'Content-Type': 'application/octet-stream' } });
        const body = await answer.json();
        return answer.ok ? { ...body, name: file.name } : `${file.name}: ${body.detail}`;
      } catch (error) {
        return `${file.name}: ${error.message}`;
      }
    },
  },
};
