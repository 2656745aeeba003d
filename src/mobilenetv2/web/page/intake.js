/** Pictures that come by dropping, pasting and choosing, and examples to press. */

/**
 * @param find gives elements by their id.
 * @param take is told of each picture, a Blob or an address.
 */
export function takePictures(find, take) {
  const stage = document.querySelector(".stage");
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"])
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      stage.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop") takeFirst(event.dataTransfer.files, take);
    });
  document.addEventListener("paste", (event) => takeFirst(event.clipboardData.files, take));
  find("file").addEventListener("change", ({ target }) => {
    takeFirst(target.files, take);
    // So that choosing the same file again is a change, too.
    target.value = "";
  });
}

/** Buttons with pictures; @param examples a list of {name, file}. */
export function offerExamples(find, examples, take) {
  const buttons = examples.map(({ name, file }) => {
    const button = document.createElement("button");
    button.type = "button";
    const image = Object.assign(new Image(), { src: file, alt: `Try ${name}` });
    button.append(image);
    button.addEventListener("click", () => take(new URL(file, document.baseURI)));
    return button;
  });
  find("examples").replaceChildren(...buttons);
}

function takeFirst(files, take) {
  if (files?.length) take(files[0]);
}
