// Makes photos small before they are sent: 1,600 pixels a side, drawn anew, so without the place inside the file.

const SIDE = 1600;

async function small(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const content = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.82));
  return content ? new File([content], "photo.jpg", { type: "image/jpeg" }) : file;
}

/** The same files, each made small where the browser can read it. The server looks at them again anyway. */
export async function shrink(files) {
  const kept = new DataTransfer();
  for (const file of files) {
    kept.items.add(await small(file).catch(() => file));
  }
  return kept;
}
