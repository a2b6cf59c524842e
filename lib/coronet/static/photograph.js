// A photograph as it is sent: upright, and as small as reading it allows, because a Lambda takes no more than 4.4 MB.

const LONGEST_SIDE = 1920;
const QUALITY = 0.85;
const SMALL_BYTES = 1_000_000;

/** Resolves to a JPEG Blob, or to the file itself where it is small or this browser cannot decode it (HEIC). */
export async function shrink(file) {
  const bitmap = await decode(file);
  if (!bitmap) return file;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size <= SMALL_BYTES) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return jpeg ?? file;
}

async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}
