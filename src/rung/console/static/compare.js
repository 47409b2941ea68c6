// Two pictures of one place, one over the other, with a slider between them. The slider is a real range input:
// keyboard, touch and screen readers get it for nothing.
export default {
  template: `
  <div class="rung-board" :style="{'--ratio': width / height}">
    <div class="rung-stage rung-compare" :style="{aspectRatio: width + ' / ' + height, '--at': at + '%'}">
      <img :src="after" :alt="after_label" draggable="false" class="rung-after"
        @load="$emit('shown', after)" @error="$emit('lost', after)">
      <img :src="before" :alt="before_label" draggable="false" class="rung-before">
      <div class="rung-handle" aria-hidden="true"></div>
      <span class="rung-tag rung-tag-left" v-show="at > 12">{{ before_label }}</span>
      <span class="rung-tag rung-tag-right" v-show="at < 88">{{ after_label }}</span>
      <input type="range" min="0" max="100" step="0.5" v-model.number="at" :aria-label="label">
    </div>
  </div>`,
  props: { before: String, after: String, width: Number, height: Number, label: String,
           before_label: String, after_label: String, start: Number },
  data() { return { at: this.start }; },
};
