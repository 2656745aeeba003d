/** MobileNetV2 in a browser: pictures to labels, boxes and outlines. No server, no dependency. */

/** A picture in any form that a browser has. A string is an address. */
export type Picture =
  | string
  | URL
  | Blob
  | ImageData
  | ImageBitmap
  | VideoFrame
  | OffscreenCanvas
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement;

export interface LoadOptions {
  /** Of the model's file, in hexadecimal digits: another file is refused, and one in the cache is
   * taken without asking the server. */
  sha256?: string;
  /** How many an answer may use. Above 1 the page must be cross-origin isolated. Default: as many
   * as there are cores, up to 4; 1 on other pages. */
  threads?: number;
  /** Which of the engine's modules; default: the best that the browser can run. */
  kernels?: "relaxed" | "simd128";
  /** The folder of the modules, with a slash at its end; default: where this package lies. */
  engine?: string | URL;
  /** Told of bytes received while the model arrives, and expected (0: not known). */
  onProgress?: (progress: { received: number; expected: number }) => void;
}

/** Of `predict`; each belongs to the tasks named, and is refused for others. */
export interface PredictOptions {
  /** Classification: how many answers; default 5, or all labels that hold. */
  top?: number;
  /** Classification, detection: the score below which an answer or a box is left out; default: 0,
   * of several labels a picture 0.5, and 0.3. */
  threshold?: number;
  /** Detection: how many boxes at most; default 100. */
  maxDetections?: number;
  /** Detection: how much boxes of a class may overlap, 0..1; default 0.5. */
  nms?: number;
  /** Detection: whether boxes of other classes suppress each other too. */
  classAgnostic?: boolean;
  /** Only these labels. */
  labels?: string[];
}

export interface Classification {
  label: string;
  /** Among the model's labels. */
  index: number;
  /** Probability, 0..1. */
  score: number;
}

export interface Detection extends Classification {
  /** [left, top, right, bottom] in pixels of the picture. */
  box: [number, number, number, number];
}

export interface Segment {
  label: string;
  index: number;
  pixels: number;
  /** Of the picture's pixels, 0..1. */
  share: number;
}

interface Answer {
  /** [height, width] of the picture in pixels. */
  readonly size: [number, number];
  /** What each part took. */
  readonly milliseconds: { decode: number; prepare: number; network: number; read: number };
  /** The first answer's label; "unknown" where there is none, "none" where there may be none. */
  readonly label: string;
  /** The line of `mobilenetv2 predict --json`, but for the path. */
  toJSON(): object;
}

export interface Prediction extends Answer {
  readonly task: "classification";
  /** Whether these are the labels that hold, each by its own score, instead of the likeliest of
   * classes that exclude each other. */
  readonly multiLabel: boolean;
  /** The best one first. */
  readonly predictions: Classification[];
}

export interface Detections extends Answer {
  readonly task: "detection";
  readonly predictions: Detection[];
}

export interface Segmentation extends Answer {
  readonly task: "segmentation";
  /** The classes present, the largest one first. */
  readonly predictions: Segment[];
  /** [height][width] of the picture: an index of the model's labels, 255 where a crop hid it. */
  readonly mask: Uint8Array;
}

export type Result = Prediction | Detections | Segmentation;

export interface Preprocessing {
  /** [height, width] in pixels of what the network sees. */
  size: [number, number];
  fit: "crop" | "squash" | "pad";
  crop_fraction: number;
  interpolation: "bilinear" | "bicubic" | "nearest";
  /**
   * Taught on grey pictures of 16 bits, their darkest value black and their brightest white. A
   * browser hands out their upper 8 bits alone: such a PNG is refused, save it stretched.
   */
  stretch?: true;
}

/** A model behind a worker of its own. */
export interface Model {
  readonly task: Result["task"];
  /** Whether a picture may have none of a classifier's labels, one or several. */
  readonly multiLabel: boolean;
  readonly labels: string[];
  readonly preprocessing: Preprocessing;
  /** [red, green, blue], 0..255, one a label; empty where the file brings none. */
  readonly palette: [number, number, number][];
  /** The file's own defaults, by the names of the command line. */
  readonly options: Record<string, number>;
  /** Where the weights come from, and under which license. */
  readonly source: string;
  readonly license: string;
  /** How many threads answer. */
  readonly threads: number;
  /** What computes: "relaxed", "relaxed-arm" or "simd128". */
  readonly kernels: string;
  /**
   * What the model says of a picture. Several may be asked for at once; they are answered in turn.
   *
   * @throws PictureError it cannot be read.
   * @throws OptionError out of range, or of another task.
   * @throws EngineError the engine failed, or the model was disposed of.
   */
  predict(picture: Picture, options?: PredictOptions): Promise<Result>;
  /** End the worker and give its memory back. Answers under way are rejected. */
  dispose(): void;
}

/**
 * A model ready to answer.
 *
 * @param source the address of a program file (`mobilenetv2 export MODEL NAME.program`), or its bytes.
 * @throws DownloadError it cannot be fetched, or is not what was promised.
 * @throws ModelError it is damaged, of another kind, or for another version of the engine.
 * @throws EngineError the browser cannot run the engine.
 * @throws OptionError an option out of range.
 */
export function load(source: string | URL | ArrayBuffer | Blob, options?: LoadOptions): Promise<Model>;

/** As many as there are cores, up to 4, on a cross-origin isolated page; else 1. */
export function defaultThreads(): number;

/** Parent of every error that this package raises on purpose. */
export class MobileNetV2Error extends Error {}
export class ModelError extends MobileNetV2Error {}
export class EngineError extends MobileNetV2Error {}
export class PictureError extends MobileNetV2Error {}
export class OptionError extends MobileNetV2Error {}
export class DownloadError extends MobileNetV2Error {}
