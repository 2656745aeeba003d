/** Numbers as results tell them, and probabilities of logits. */

import { ModelError } from "./errors.js";

/** With so many digits behind the point. */
export function rounded(value, digits) {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

/** Probabilities, Float64Array, of logits of any magnitude. */
export function softmax(logits) {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  const shares = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  let whole = 0;
  for (const share of shares) whole += share;
  return shares.map((share) => share / whole);
}

/** Probabilities one by one; exp of a negative number cannot overflow. */
export function sigmoid(logits) {
  return Float64Array.from(logits, (logit) => {
    const small = Math.exp(-Math.abs(logit));
    return (logit < 0 ? small : 1) / (1 + small);
  });
}

/** @throws ModelError a number that is not finite among a network's outputs. */
export function requireFinite(values, name) {
  // A sum is finite unless a number is not: float32 cannot overflow a double.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  if (!Number.isFinite(sum))
    throw new ModelError(
      `the network's outputs must be finite numbers, "${name}" holds others: its weights are ` +
        "damaged or too large. Export the model again, or train it with a lower learning rate",
    );
}
