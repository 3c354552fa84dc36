/** Draws the page's PNG icons from its mark, in Chromium: node dist/checks/scripts/make-icons.js [path of Chromium] */
import { readFile, writeFile } from 'node:fs/promises'
import { chromium } from 'playwright-core'

const ICONS = new URL('../../../src/browser/page/public/icons/', import.meta.url)
/** Of a maskable icon, what lies outside of the middle 80 % may be cut off. */
const MASKABLE_SCALE = 0.82

const mark = await readFile(new URL('mark.svg', ICONS), 'utf8')
const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox']
})
try {
  await draw('192.png', 192, mark)
  await draw('512.png', 512, mark)
  // The background fills the square; the birds keep clear of its rim.
  const inner = mark
    .replace('rx="112"', '')
    .replace('<g ', `<g transform="translate(256 256) scale(${MASKABLE_SCALE}) translate(-256 -256)" `)
  await draw('maskable-512.png', 512, inner)
} finally {
  await browser.close()
}

async function draw(name: string, size: number, svg: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`)
  await writeFile(new URL(name, ICONS), await page.screenshot({ omitBackground: true }))
  await page.close()
}
