// SPDX-License-Identifier: MIT OR Apache-2.0
//! A curve as SVG: points over the number of units.

use std::fmt::Write as _;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 56.0;

/// A curve: what it shows, its unit, and its points.
pub(super) struct Curve<'a> {
    pub(super) title: &'a str,
    pub(super) unit: &'a str,
    pub(super) points: &'a [(f64, f64)],
}

/// Draws a curve from zero, so that its slope is what it looks like.
pub(super) fn svg(curve: &Curve<'_>) -> String {
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(1e-9, f64::max);
    let most_x = most(&mut curve.points.iter().map(|it| it.0));
    let most_y = most(&mut curve.points.iter().map(|it| it.1));
    let x = |value: f64| MARGIN + value / most_x * (WIDTH - 2.0 * MARGIN);
    let y = |value: f64| HEIGHT - MARGIN - value / most_y * (HEIGHT - 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#57606a\">\n<title>{0}</title>\n\
         <text x=\"{MARGIN}\" y=\"28\" font-size=\"15\">{0}</text>\n",
        curve.title
    );
    let (left, right, bottom) = (x(0.0), x(most_x), y(0.0));
    let _ = writeln!(
        out,
        "<path d=\"M{left:.1} {:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"#8c959f\"/>",
        y(most_y)
    );
    let line: Vec<String> = curve
        .points
        .iter()
        .map(|it| format!("{:.1},{:.1}", x(it.0), y(it.1)))
        .collect();
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#0969da\" stroke-width=\"2\"/>",
        line.join(" ")
    );
    for &(units, value) in curve.points {
        let _ = writeln!(
            out,
            "<circle cx=\"{0:.1}\" cy=\"{1:.1}\" r=\"4\" fill=\"#0969da\"/>\n\
             <text x=\"{0:.1}\" y=\"{2:.1}\" text-anchor=\"middle\">{value:.1} {3}</text>\n\
             <text x=\"{0:.1}\" y=\"{4:.1}\" text-anchor=\"middle\">{units:.0}</text>",
            x(units),
            y(value),
            y(value) - 10.0,
            curve.unit,
            bottom + 18.0,
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">units</text>\n</svg>",
        WIDTH / 2.0,
        HEIGHT - 14.0
    );
    out
}
