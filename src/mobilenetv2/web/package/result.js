/** What a model says of one picture. */

/** See index.d.ts. As JSON it is the line that `mobilenetv2 predict --json` prints, but for the path. */
export class Result {
  constructor(answer) {
    Object.assign(this, answer);
  }

  /** The first answer's label; "unknown" where there is none, or "none" where there may be none. */
  get label() {
    return this.predictions[0]?.label ?? (this.multiLabel ? "none" : "unknown");
  }

  toJSON() {
    const said = this.multiLabel ? { multi_label: true } : {};
    return { task: this.task, ...said, predictions: this.predictions };
  }
}
