// Makes photos small before they wait in the queue; the canvas leaves EXIF behind, the place in it is read first.

const SIDE = 1600;

/** Draw a photo no larger than 1,600 pixels; the result is a JPEG without metadata. */
export async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.82));
}

/** Longitude and latitude that a JPEG's EXIF block states, or null. (Exif 2.32, GPS IFD tags 1 to 4.) */
export async function placeOf(file) {
  const view = new DataView(await file.slice(0, 131_072).arrayBuffer());
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  let at = 2;
  while (at + 4 < view.byteLength) {
    const marker = view.getUint16(at);
    if ((marker & 0xff00) !== 0xff00) return null;
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return gps(view, at + 10);
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

function gps(view, base) {
  try {
    const little = view.getUint16(base) === 0x4949;
    const short = (at) => view.getUint16(base + at, little);
    const long = (at) => view.getUint32(base + at, little);
    const entries = (at) => Array.from({ length: short(at) }, (_, n) => at + 2 + 12 * n);
    const pointer = entries(long(4)).find((entry) => short(entry) === 0x8825);
    if (pointer === undefined) return null;
    const found = new Map(entries(long(pointer + 8)).map((entry) => [short(entry), entry]));
    if (![1, 2, 3, 4].every((tag) => found.has(tag))) return null;
    const degrees = (tag) => [0, 1, 2].reduce((sum, n) => sum + long(long(found.get(tag) + 8) + 8 * n) / long(long(found.get(tag) + 8) + 8 * n + 4) / 60 ** n, 0);
    const sign = (tag, negative) => (String.fromCharCode(view.getUint8(base + found.get(tag) + 8)) === negative ? -1 : 1);
    const place = { lat: degrees(2) * sign(1, "S"), lon: degrees(4) * sign(3, "W") };
    return Number.isFinite(place.lat) && Number.isFinite(place.lon) && (place.lat || place.lon) ? place : null;
  } catch {
    return null;
  }
}
