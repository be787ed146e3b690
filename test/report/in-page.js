/** Runs in the page, not in Node: what a reader would meet there. Plain JavaScript, as the project knows no browser types. */
globalThis.look = {
  openAll() {
    for (const details of document.querySelectorAll('details')) details.open = true;
  },

  background: () => getComputedStyle(document.body).backgroundColor,
  width: () => document.documentElement.scrollWidth,
  focused: () => document.activeElement.className,

  facts() {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const unnamed = (svg) => svg.getAttribute('role') !== 'img' || (svg.getAttribute('aria-label') ?? '').length < 60;
    return {
      headings: all('h1, h2, h3, h4').map(({ tagName }) => Number(tagName.slice(1))),
      drawings: all('svg').length,
      unnamed: all('svg').filter(unnamed).length,
      tables: all('table').length,
      captions: all('table > caption').length,
      unscoped: all('th:not([scope])').length,
      landmarks: ['main', 'header', 'nav', 'footer'].filter((tag) => all(tag).length === 1).length,
      deadLinks: all('a').filter((link) => document.querySelector(link.getAttribute('href')) === null).length,
      language: document.documentElement.lang,
    };
  },

  /** Texts whose colour is too close to what lies behind them, in and out of drawings. */
  faintText(least) {
    return [...document.querySelectorAll('*')].flatMap((element) => {
      const own = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
      const text = own.map(({ textContent }) => textContent.trim()).join('');
      if (text === '' || ['STYLE', 'TITLE'].includes(element.tagName)) return [];
      const style = getComputedStyle(element);
      const isDrawn = element instanceof SVGTextElement;
      // The ink of a cell lies on the shape drawn just before it.
      const cell = isDrawn && element.getAttribute('fill').includes('heat') ? element.previousElementSibling : null;
      const found = contrast(
        isDrawn ? style.fill : style.color,
        cell === null ? behind(element) : getComputedStyle(cell).fill,
      );
      return found < least ? [`${text.slice(0, 40)}: ${found.toFixed(2)}`] : [];
    });
  },
};

const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(color) {
  const [red, green, blue] = channels(color).map((value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((one, two) => one - two);
  return (light + 0.05) / (dark + 0.05);
}

function behind(element) {
  for (let each = element; each !== null; each = each.parentElement) {
    const color = getComputedStyle(each).backgroundColor;
    if (channels(color)[3] !== 0) return color;
  }
  return 'rgb(255, 255, 255)';
}
