/** The camera: frames one after another, each as soon as the last was answered. */

const SENTENCES = {
  NotAllowedError: "The camera may not be used. Allow it beside the address of this page, then try again.",
  NotFoundError: "There is no camera here. Choose a picture instead.",
  NotReadableError: "The camera is in use by another program. Close that, then try again.",
};

/** Frames are as large as networks need them; a larger one only costs time. */
const WANTED = { width: { ideal: 640 }, height: { ideal: 480 } };

/**
 * @param video a <video> that nobody sees.
 * @param answer awaited with each frame, an ImageBitmap, which it may not keep.
 */
export function makeCamera(video, answer) {
  let stream = null;
  let facing = "environment";

  /** @throws Error with a sentence, where there is no camera or it may not be used. */
  async function start() {
    if (!navigator.mediaDevices)
      throw new Error("Browsers give cameras to pages from https or localhost only. Serve the page there.");
    stop();
    try {
      const asked = { video: { ...WANTED, facingMode: facing }, audio: false };
      stream = await navigator.mediaDevices.getUserMedia(asked);
    } catch (error) {
      throw new Error(SENTENCES[error.name] ?? `The camera does not start: ${error.message}`);
    }
    video.srcObject = stream;
    await video.play();
    frames(stream);
    return isSeveral();
  }

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
  }

  /** The one on the other side, where a device has two. */
  function turn() {
    facing = facing === "environment" ? "user" : "environment";
    return start();
  }

  async function frames(own) {
    while (stream === own) {
      await nextFrame(video);
      if (stream !== own) return;
      const frame = await createImageBitmap(video);
      try {
        await answer(frame);
      } finally {
        frame.close();
      }
    }
  }

  return { start, stop, turn, isOn: () => stream !== null };
}

/** When the camera has a new frame; in browsers that do not tell, when the screen has one. */
function nextFrame(video) {
  return new Promise((resolve) =>
    video.requestVideoFrameCallback ? video.requestVideoFrameCallback(resolve) : requestAnimationFrame(resolve),
  );
}

async function isSeveral() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === "videoinput").length > 1;
}
