/* Reads barcodes and QR codes by camera where the browser can (BarcodeDetector); everywhere else the code is typed.
   Pictures stay in the browser. */

const EVERY = 150; // ms between two looks

async function detectorFor(formats) {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return null;
  try {
    const known = await window.BarcodeDetector.getSupportedFormats();
    const wanted = formats.filter((format) => known.includes(format));
    if (!known.length || (formats.length && !wanted.length)) return null;
    return new window.BarcodeDetector(wanted.length ? { formats: wanted } : undefined);
  } catch {
    return null;
  }
}

async function wire(box) {
  if (box.dataset.wired) return;
  box.dataset.wired = "yes";
  const input = box.querySelector("input");
  const detector = await detectorFor((box.dataset.formats || "").split(" ").filter(Boolean));
  if (!detector) return;

  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = box.dataset.open;
  const status = document.createElement("p");
  status.className = "scan__status";
  status.setAttribute("role", "status");
  const video = document.createElement("video");
  video.className = "scan__view";
  video.muted = true;
  video.playsInline = true;
  video.hidden = true;
  box.append(button, status, video);
  let stream = null;
  let timer = 0;

  function stop() {
    clearTimeout(timer);
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    video.hidden = true;
    button.textContent = box.dataset.open;
  }

  async function look() {
    if (!stream) return;
    if (!box.isConnected) return stop();
    try {
      const [code] = await detector.detect(video);
      if (code?.rawValue && stream) {
        input.value = code.rawValue.trim();
        status.textContent = `${box.dataset.read} ${input.value}`;
        stop();
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
        input.focus();
        return;
      }
    } catch {
      // the picture is not there yet
    }
    timer = setTimeout(look, EVERY);
  }

  button.addEventListener("click", async () => {
    if (stream) {
      status.textContent = "";
      return stop();
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      status.textContent = box.dataset.refused;
      return input.focus();
    }
    video.srcObject = stream;
    video.hidden = false;
    button.textContent = box.dataset.close;
    status.textContent = box.dataset.looking;
    await video.play().catch(() => {});
    look();
  });
  document.addEventListener("visibilitychange", () => document.hidden && stop());
}

const wireAll = () => document.querySelectorAll("[data-scan]").forEach(wire);
wireAll();
new MutationObserver(wireAll).observe(document.body, { childList: true, subtree: true });
