/** Of boxes of one class that overlap too much, the best one stays. */

/**
 * Greedy non-maximum suppression, class by class: the mirror of `mobilenetv2/tasks/nms.py`.
 *
 * @param found list of {box: [left, top, right, bottom], score, index}; of equal scores the one
 *   listed first wins.
 * @param maxOverlap the largest intersection over union at which two boxes both stay.
 * @param limit how many to keep at most.
 * @param agnostic whether boxes of other classes suppress each other too.
 * @returns those kept, best first.
 */
export function nms(found, maxOverlap, limit, agnostic) {
  const kept = [];
  for (const one of [...found].sort((a, b) => b.score - a.score)) {
    if (kept.length === limit) break;
    const rival = kept.some(
      (better) =>
        (agnostic || better.index === one.index) && overlap(better.box, one.box) > maxOverlap,
    );
    if (!rival) kept.push(one);
  }
  return kept;
}

/** Intersection over union; NaN, which is above nothing, of two boxes without an area. */
function overlap(a, b) {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const common = width * height;
  return common / (area(a) + area(b) - common);
}

const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
