"""The picture of the README from a report: python3 docs/picture.py comet.html docs/report.svg"""

import html
import re
import sys

page = open(sys.argv[1], encoding="utf-8").read()
plots = re.findall(r'<svg class="plot" viewBox="([^"]*)".*?</desc>(.*?)</svg>', page, re.S)
titles = re.findall(r"<figcaption><strong>(.*?)\.</strong>", page)
question = html.unescape(re.search(r"<h1>(.*?)</h1>", page).group(1))
verdict = html.unescape(re.search(r"<strong>(.*?)</strong>", page).group(1))
formulas = [html.unescape(text) for text in re.findall(r'aria-label="([A-Z][a-z]? = .*?)"', page)]
wanted = ["Trajectories", "Data and law", "Residuals", "The spectrum that counts laws"]

width, across, down = 900, 420, 300
lines = [f'<text x="24" y="84" font-size="17" fill="#0b6239" font-weight="700">Verdict: {html.escape(verdict)}</text>']
for at, formula in enumerate(formulas[:4]):
    text = html.escape(formula)
    lines.append(f'<text x="24" y="{116 + 26 * at}" font-family="monospace" font-size="16" fill="#1b2027">{text}</text>')
top = 116 + 26 * len(formulas[:4]) + 6
for at, title in enumerate(wanted):
    box, body = plots[titles.index(title)]
    x, y = 20 + (at % 2) * (across + 20), top + (at // 2) * (down + 34)
    lines.append(f'<text x="{x + 60}" y="{y + 8}" font-size="15" font-weight="700" fill="#1b2027">{title}</text>')
    lines.append(f'<svg x="{x}" y="{y + 12}" width="{across}" height="{down}" viewBox="{box}">{body}</svg>')
height = top + 2 * (down + 34) + 12
with open(sys.argv[2], "w", encoding="utf-8") as out:
    out.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">\n'
        f'<rect width="{width}" height="{height}" rx="10" fill="#ffffff" stroke="#d5d9df"/>\n'
        f'<text x="24" y="48" font-size="24" font-weight="700" fill="#1b2027">{html.escape(question)}</text>\n'
        + "\n".join(lines)
        + "\n</svg>\n"
    )
