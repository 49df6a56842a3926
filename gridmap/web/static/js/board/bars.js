// Widths of the bars: set by script, since the content policy allows no style attributes.

for (const bar of document.querySelectorAll("[data-share]")) bar.style.width = `${Number(bar.dataset.share) * 100}%`;
