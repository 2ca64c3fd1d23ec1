// Opens pages in Chromium as readers do, wide and narrow, light and dark, and says
// what is wrong with them. Prints one JSON object a page and look.
//
// usage: node look.mjs CHROMIUM PAGE.html...

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.cwd()}/`);
const { default: puppeteer } = await import(pathToFileURL(require.resolve('puppeteer-core')));
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [chromium, ...files] = process.argv.slice(2);
const looks = [
  { width: 1400, theme: 'light' },
  { width: 1100, theme: 'light' },
  { width: 1100, theme: 'dark' },
  { width: 720, theme: 'dark' },
  { width: 400, theme: 'light' },
  { width: 400, theme: 'dark' },
];

const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  for (const file of files) {
    for (const look of looks) {
      console.log(JSON.stringify(await lookAt(file, look)));
    }
  }
} finally {
  await browser.close();
}

async function lookAt(file, { width, theme }) {
  const problems = [];
  const address = pathToFileURL(file).href;
  const page = await browser.newPage();
  page.on('console', (message) => problems.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== address) problems.push(`request: ${request.url().slice(0, 200)}`);
  });
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  await page.goto(address, { waitUntil: 'load' });
  const found = await page.evaluate(examined);
  // Structure is the same in every look, contrast is not: one look of each theme.
  const judged = (width === 1400 && theme === 'light') || (width === 400 && theme === 'dark');
  if (judged) await page.evaluate(axe);
  const violations = judged ? await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map((node) => `axe ${id}: ${node.html.slice(0, 160)} ${node.failureSummary?.slice(0, 200)}`));
  }) : [];
  if (judged) problems.push(...await focused(page));
  await page.close();
  return { file, width, theme, sections: found.sections, problems: [...problems, ...found.problems, ...violations] };
}

// What the keyboard reaches is seen.
async function focused(page) {
  const problems = [];
  await page.evaluate(() => window.scrollTo(0, 0));
  for (let step = 0; step < 30; step += 1) {
    await page.keyboard.press('Tab');
    const reached = await page.evaluate(() => {
      const { activeElement: element } = document;
      if (!element || element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { name: element.outerHTML.slice(0, 80), seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
    });
    if (!reached) break;
    if (!reached.seen) problems.push(`focus is not seen: ${reached.name}`);
  }
  return problems;
}

// Runs in the page.
function examined() {
  const problems = [];
  const inline = (element) => getComputedStyle(element).display.startsWith('inline');
  if (document.title === 'owned') problems.push('a model ran its script');
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const ground = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
  if (dark !== ground[0] < 128) problems.push(`the theme is not followed: ${ground}`);

  // Of a long run the first tables stand for all.
  let rows = 0;
  for (const each of document.querySelectorAll('details')) {
    rows += each.querySelectorAll('tr').length;
    each.open = rows < 300;
  }
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    problems.push(`the page is ${root.scrollWidth} px wide where ${root.clientWidth} are there`);
  }

  // Headings lead down one level at a time, and every header of a table says what it heads.
  let above = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const level = Number(heading.tagName[1]);
    if (level > above + 1) problems.push(`“${heading.textContent}” skips a level`);
    above = level;
  }
  for (const header of document.querySelectorAll('th:not([scope])')) {
    problems.push(`the header “${header.textContent}” has no scope`);
  }

  // Nothing is cut off or has to be scrolled sideways.
  for (const each of document.body.querySelectorAll(':not(svg *)')) {
    if (problems.length >= 40) break;
    const [rect, box] = [each, each.parentElement].map((element) => element.getBoundingClientRect());
    const name = `${each.tagName} “${each.textContent.trim().slice(0, 40)}”`;
    if (rect.width > 0 && (rect.right > box.right + 1 || rect.left < box.left - 1)) {
      problems.push(`${name} is wider than its ${each.parentElement.tagName}`);
    }
    if (each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1 && !inline(each)) {
      problems.push(`${name} has ${each.scrollWidth} px where ${each.clientWidth} are there`);
    }
  }

  const sections = [...document.querySelectorAll('main section')]
    .filter((section) => section.querySelector('h2')?.getBoundingClientRect().height > 0)
    .map((section) => section.id || section.getAttribute('aria-labelledby'));

  const text = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = text.nextNode(); node && problems.length < 40; node = text.nextNode()) {
    if (!node.data.trim() || node.parentElement.closest('svg')) continue;
    let box = node.parentElement;
    while (inline(box)) box = box.parentElement;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right } = box.getBoundingClientRect();
    for (const rect of range.getClientRects()) {
      if (rect.width > 0 && (rect.right > right + 1 || rect.left < left - 1)) {
        problems.push(`text leaves its ${box.tagName}: ${node.data.trim().slice(0, 60)}`);
        break;
      }
    }
  }

  for (const svg of document.querySelectorAll('svg')) {
    const title = svg.querySelector('title')?.textContent;
    if (!title || !svg.querySelector('desc')?.textContent) problems.push('a figure without title or description');
    const frame = svg.getBoundingClientRect();
    const letters = [...svg.querySelectorAll('text')].map((each) => [each.textContent.trim(), each.getBoundingClientRect()]);
    letters.forEach(([words, rect], position) => {
      if (rect.left < frame.left - 1 || rect.right > frame.right + 1 || rect.bottom > frame.bottom + 1) {
        problems.push(`“${words}” leaves the figure “${title}”`);
      }
      for (const [others, other] of letters.slice(position + 1)) {
        const across = Math.min(rect.right, other.right) - Math.max(rect.left, other.left);
        const down = Math.min(rect.bottom, other.bottom) - Math.max(rect.top, other.top);
        if (across > 1 && down > 3) problems.push(`“${words}” and “${others}” run into each other in “${title}”`);
      }
    });
  }
  return { sections, problems };
}
