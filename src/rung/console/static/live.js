// Jobs, workers and memory. Rows are known by their ids, so what changes changes in place: nothing flickers, and a
// button keeps the keyboard's focus while its row moves. Tells the page whether anybody looks at it.
export default {
  template: `
  <div class="rung-live">
    <div v-if="trouble" class="rung-banner rung-error" role="alert">
      <div class="rung-banner-title">{{ words.trouble }}</div><div>{{ trouble }}</div><div>{{ words.stale }}</div>
    </div>

    <section aria-labelledby="rung-live-memory">
      <h2 id="rung-live-memory">{{ words.memory }}</h2>
      <p v-if="!devices.length" class="rung-live-none">{{ words.no_memory }}</p>
      <div v-else class="rung-live-devices">
        <div v-for="one in devices" :key="one.device" class="rung-live-device">
          <div class="rung-live-line"><b>{{ one.device }}</b><span>{{ one.text }}</span></div>
          <div class="rung-live-bar" role="meter" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="one.reserved"
            :aria-valuetext="one.text" :aria-label="words.memory + ' ' + one.device">
            <i class="rung-live-reserved" :style="{width: one.reserved + '%'}"></i>
            <i class="rung-live-used" :style="{width: one.used + '%'}"></i>
          </div>
        </div>
      </div>
    </section>

    <section aria-labelledby="rung-live-jobs">
      <h2 id="rung-live-jobs" ref="jobs_head" tabindex="-1">{{ words.jobs }}</h2>
      <div class="rung-live-line">
        <span>{{ words.jobs_lead }}</span><p class="rung-live-said" role="status">{{ said }}</p>
      </div>
      <p v-if="!jobs.length" class="rung-live-none" data-name="no-jobs">{{ words.no_jobs }}</p>
      <div v-else class="rung-scroll rung-live-scroll">
        <table class="rung-table rung-live-table" data-name="jobs" role="table" aria-labelledby="rung-live-jobs">
          <thead role="rowgroup"><tr role="row">
            <th v-for="name in job_heads" :key="name" role="columnheader" scope="col"
              :class="{'rung-number': numbers.includes(name)}">{{ words[name] }}</th>
          </tr></thead>
          <tbody role="rowgroup">
            <tr v-for="job in jobs" :key="job.id" role="row" :data-job="job.id" :data-status="job.status">
              <th role="rowheader" scope="row" class="rung-live-id" :title="job.id">{{ job.short }}</th>
              <td role="cell" :data-label="words.operation">{{ job.operation }}</td>
              <td role="cell" :data-label="words.status">
                <span :class="['rung-state', 'rung-live-' + job.status]">{{ job.status_word }}</span>
                <div v-if="job.note" class="rung-note">{{ job.note }}</div>
              </td>
              <td role="cell" :data-label="words.progress" class="rung-live-progress">
                <template v-if="job.percent !== null">
                  <div class="rung-live-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"
                    :aria-valuenow="job.percent" :aria-valuetext="job.percent + '% ' + job.stage"
                    :aria-label="words.progress + ' ' + job.short">
                    <i class="rung-live-used" :style="{width: job.percent + '%'}"></i>
                  </div>
                  <div class="rung-note">{{ job.percent }}% {{ job.stage }}</div>
                </template>
              </td>
              <td role="cell" :data-label="words.age" class="rung-number">{{ job.age }}</td>
              <td role="cell" :data-label="words.attempts" class="rung-number">{{ job.attempts }}</td>
              <td v-if="keyed" role="cell" :data-label="words.key">{{ job.key || '–' }}</td>
              <td role="cell" class="rung-live-action">
                <button v-if="job.open" type="button" :aria-label="job.label" :aria-disabled="job.leaving"
                  @click="cancel(job)">{{ job.leaving ? words.cancelling : words.cancel }}</button>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
    </section>

    <section aria-labelledby="rung-live-workers">
      <h2 id="rung-live-workers">{{ words.workers }}</h2>
      <p class="rung-note">{{ away }}</p>
      <p v-if="!workers.length" class="rung-live-none" data-name="no-workers">{{ words.no_workers }}</p>
      <div v-else class="rung-scroll rung-live-scroll">
        <table class="rung-table rung-live-table" data-name="workers" role="table" aria-labelledby="rung-live-workers">
          <thead role="rowgroup"><tr role="row">
            <th v-for="name in worker_heads" :key="name" role="columnheader" scope="col"
              :class="{'rung-number': numbers.includes(name)}">{{ words[name] }}</th>
          </tr></thead>
          <tbody role="rowgroup">
            <tr v-for="one in workers" :key="one.variant" role="row" :data-variant="one.variant">
              <th role="rowheader" scope="row">{{ one.variant }}<div class="rung-note">{{ one.task }}</div></th>
              <td role="cell" :data-label="words.status">
                <span :class="['rung-state', 'rung-state-' + one.state]">{{ one.state_word }}</span>
                <div v-if="one.pinned" class="rung-note">{{ one.pinned }}</div>
                <div v-if="one.trouble" class="rung-live-trouble">{{ one.trouble }}</div>
              </td>
              <td role="cell" :data-label="words.device">{{ one.device }}</td>
              <td role="cell" :data-label="words.held" class="rung-number">{{ one.held }}</td>
              <td role="cell" :data-label="words.reserved" class="rung-number">{{ one.reserved }}</td>
              <td role="cell" :data-label="words.calls">{{ one.calls }}</td>
              <td role="cell" :data-label="words.restarts" class="rung-number">{{ one.restarts }}</td>
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  </div>`,
  props: {
    words: { type: Object, default: () => ({}) },
    jobs: { type: Array, default: () => [] },
    workers: { type: Array, default: () => [] },
    devices: { type: Array, default: () => [] },
    away: { type: String, default: '' },
    trouble: { type: String, default: '' },
    said: { type: String, default: '' },
  },
  computed: {
    keyed() { return this.jobs.some((job) => job.key); },
    job_heads() {
      const names = ['id', 'operation', 'status', 'progress', 'age', 'attempts'];
      return [...names, ...(this.keyed ? ['key'] : []), 'action'];
    },
    numbers: () => ['age', 'attempts', 'held', 'reserved', 'restarts'],
    worker_heads: () => ['model', 'status', 'device', 'held', 'reserved', 'calls', 'restarts'],
  },
  mounted() {
    this.look = () => this.$emit('seen', !document.hidden);
    document.addEventListener('visibilitychange', this.look);
  },
  unmounted() { document.removeEventListener('visibilitychange', this.look); },
  beforeUpdate() { this.held = this.$el.contains(document.activeElement) ? document.activeElement : null; },
  updated() {
    // Moved in the page, a button has lost the focus; and of a job that has ended it is gone: the keyboard goes on
    // from the table's heading then, not from the top of the page.
    if (!this.held || document.activeElement === this.held) return;
    (this.held.isConnected ? this.held : this.$refs.jobs_head).focus({ preventScroll: true });
  },
  methods: {
    cancel(job) { if (!job.leaving) this.$emit('cancel', job.id); },
  },
};
