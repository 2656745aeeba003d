/** After the first visit the page works without a network. */

/** Where the site asks for it and the browser may: https or localhost. */
export async function keepForOffline() {
  try {
    await navigator.serviceWorker?.register("sw.js");
  } catch {
    // Private windows and some settings forbid it: the page works all the same, online.
  }
}
