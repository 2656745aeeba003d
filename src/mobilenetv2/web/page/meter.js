/** How many frames a second are answered, and how long the network takes of each. */

const WINDOW = 2000;

/** Over the last two seconds; `find` gives elements by their id. */
export function makeMeter(find) {
  let seen = [];

  function count(milliseconds) {
    const now = performance.now();
    seen.push({ now, milliseconds });
    seen = seen.filter((one) => one.now > now - WINDOW);
    if (seen.length < 2) return;
    const seconds = (now - seen[0].now) / 1000;
    const middle = median(seen.map((one) => one.milliseconds));
    const text = `${Math.round((seen.length - 1) / seconds)} fps · ${middle.toFixed(1)} ms`;
    find("meter").hidden = false;
    find("meter").textContent = text;
  }

  function stop() {
    seen = [];
    find("meter").hidden = true;
  }

  return { count, stop };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
