//! SGR: reading it into a style, and writing a style as SGR.

use vte::Params;

use crate::style::{Attrs, Color, Hue, Style};

/// Applies the parameters of `CSI … m`.
pub(crate) fn apply(style: &mut Style, params: &Params) {
    let mut fields = params.iter();
    while let Some(field) = fields.next() {
        match (field[0], field.get(1).copied()) {
            (4, Some(kind)) => style.attrs.set_underline(kind),
            (code @ (38 | 48 | 58), sub) => {
                let color = match sub {
                    Some(_) => color_in(&field[1..]),
                    None => color_after(&mut fields),
                };
                if let Some(color) = color {
                    match code {
                        38 => style.fg = color,
                        48 => style.bg = color,
                        _ => style.underline = color,
                    }
                }
            }
            (code, _) => apply_simple(style, code),
        }
    }
}

fn apply_simple(style: &mut Style, code: u16) {
    let attrs = &mut style.attrs;
    match code {
        0 => *style = Style { link: style.link, ..Style::default() },
        1 => attrs.set(Attrs::BOLD),
        2 => attrs.set(Attrs::DIM),
        3 => attrs.set(Attrs::ITALIC),
        4 => attrs.set_underline(1),
        5 => attrs.set(Attrs::BLINK),
        6 => attrs.set(Attrs::RAPID_BLINK),
        7 => attrs.set(Attrs::INVERSE),
        8 => attrs.set(Attrs::CONCEAL),
        9 => attrs.set(Attrs::STRIKE),
        21 => attrs.set_underline(2),
        22 => {
            attrs.clear(Attrs::BOLD);
            attrs.clear(Attrs::DIM);
        }
        23 => attrs.clear(Attrs::ITALIC),
        24 => attrs.set_underline(0),
        25 => {
            attrs.clear(Attrs::BLINK);
            attrs.clear(Attrs::RAPID_BLINK);
        }
        27 => attrs.clear(Attrs::INVERSE),
        28 => attrs.clear(Attrs::CONCEAL),
        29 => attrs.clear(Attrs::STRIKE),
        30..=37 => style.fg = indexed(code - 30),
        39 => style.fg = Color::DEFAULT,
        40..=47 => style.bg = indexed(code - 40),
        49 => style.bg = Color::DEFAULT,
        53 => attrs.set(Attrs::OVERLINE),
        55 => attrs.clear(Attrs::OVERLINE),
        59 => style.underline = Color::DEFAULT,
        90..=97 => style.fg = indexed(code - 90 + 8),
        100..=107 => style.bg = indexed(code - 100 + 8),
        _ => {}
    }
}

fn indexed(index: u16) -> Color {
    Color::indexed(index.to_le_bytes()[0])
}

/// A colour in the colon form: `5:n`, `2:r:g:b` or `2:space:r:g:b`.
fn color_in(parts: &[u16]) -> Option<Color> {
    match *parts {
        [5, index, ..] => u8::try_from(index).ok().map(Color::indexed),
        [2, _, r, g, b, ..] | [2, r, g, b] => rgb(r, g, b),
        _ => None,
    }
}

/// A colour in the semicolon form, spread over the next parameters.
fn color_after<'a>(fields: &mut impl Iterator<Item = &'a [u16]>) -> Option<Color> {
    let mut next = || fields.next().map(|field| field[0]);
    match next()? {
        5 => u8::try_from(next()?).ok().map(Color::indexed),
        2 => rgb(next()?, next()?, next()?),
        _ => None,
    }
}

fn rgb(r: u16, g: u16, b: u16) -> Option<Color> {
    let part = |value: u16| u8::try_from(value).ok();
    Some(Color::rgb(part(r)?, part(g)?, part(b)?))
}

/// The attributes with their codes, in the order they are written.
const CODES: [(Attrs, &str); 9] = [
    (Attrs::BOLD, ";1"),
    (Attrs::DIM, ";2"),
    (Attrs::ITALIC, ";3"),
    (Attrs::BLINK, ";5"),
    (Attrs::RAPID_BLINK, ";6"),
    (Attrs::INVERSE, ";7"),
    (Attrs::CONCEAL, ";8"),
    (Attrs::STRIKE, ";9"),
    (Attrs::OVERLINE, ";53"),
];

/// Writes the one sequence that gives exactly this style, whatever was set before. The
/// link is not a part of SGR.
pub(crate) fn write(style: &Style, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    let start = out.len();
    for (attr, code) in CODES {
        if style.attrs.has(attr) {
            out.extend_from_slice(code.as_bytes());
        }
    }
    match style.attrs.underline() {
        0 => {}
        1 => out.extend_from_slice(b";4"),
        kind => out.extend_from_slice(format!(";4:{kind}").as_bytes()),
    }
    write_color(style.fg, 30, out);
    write_color(style.bg, 40, out);
    // Colons, because a terminal that does not know 58 would take what follows a
    // semicolon for attributes.
    match style.underline.hue() {
        Hue::Default => {}
        Hue::Indexed(index) => out.extend_from_slice(format!(";58:5:{index}").as_bytes()),
        Hue::Rgb(r, g, b) => out.extend_from_slice(format!(";58:2::{r}:{g}:{b}").as_bytes()),
    }
    if out.len() > start {
        out.insert(start, b'0');
    }
    out.push(b'm');
}

fn write_color(color: Color, base: u16, out: &mut Vec<u8>) {
    let text = match color.hue() {
        Hue::Default => return,
        Hue::Indexed(index @ 0..8) => format!(";{}", base + u16::from(index)),
        Hue::Indexed(index @ 8..16) => format!(";{}", base + 52 + u16::from(index)),
        Hue::Indexed(index) => format!(";{};5;{index}", base + 8),
        Hue::Rgb(r, g, b) => format!(";{};2;{r};{g};{b}", base + 8),
    };
    out.extend_from_slice(text.as_bytes());
}
