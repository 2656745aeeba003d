/** What can go wrong, by name. Every message states the rule, the value received and the way out. */

/** Parent of every error that this package raises on purpose. */
export class MobileNetV2Error extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** A model's file is damaged, hostile, of another kind, or for another version of the engine. */
export class ModelError extends MobileNetV2Error {}

/** The engine cannot run here, or refuses what it was given. */
export class EngineError extends MobileNetV2Error {}

/** A picture cannot be read or is not a picture. */
export class PictureError extends MobileNetV2Error {}

/** A choice of the caller's lies outside of what there is. */
export class OptionError extends MobileNetV2Error {}

/** A file could not be fetched, or what arrived is not what was promised. */
export class DownloadError extends MobileNetV2Error {}

/** An error as plain values, to cross from one thread to another. */
export function toPlain(error) {
  return { name: error?.name ?? "Error", message: String(error?.message ?? error) };
}

/** The inverse of `toPlain`. */
export function fromPlain({ name, message }) {
  switch (name) {
    case "ModelError":
      return new ModelError(message);
    case "EngineError":
      return new EngineError(message);
    case "PictureError":
      return new PictureError(message);
    case "OptionError":
      return new OptionError(message);
    case "DownloadError":
      return new DownloadError(message);
    default:
      return new Error(message);
  }
}
