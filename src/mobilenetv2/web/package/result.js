/** What a model says of one picture. */

/** See index.d.ts. As JSON it is the line that `mobilenetv2 predict --json` prints, but for the path. */
export class Result {
  constructor(answer) {
    Object.assign(this, answer);
  }

  /** The first answer's label; "unknown" where there is none. */
  get label() {
    return this.predictions[0]?.label ?? "unknown";
  }

  toJSON() {
    return { task: this.task, predictions: this.predictions };
  }
}
