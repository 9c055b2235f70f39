//! What operating system commands mean, as far as they are state of the terminal
//! or signals of the program.

use crate::colors::DYNAMIC;
use crate::cursor::Pen;
use crate::intern::Id;
use crate::screen::Progress;
use crate::style::{Link, Style};
use crate::terminal::Terminal;
use crate::title::{Which, clean};

/// A link with a longer address is none.
const URI_LIMIT: usize = 2048;
/// A link with longer parameters is none.
const LINK_PARAMS_LIMIT: usize = 256;
/// A longer working directory is not believed.
const DIRECTORY_LIMIT: usize = 4096;

impl Terminal {
    /// Obeys an OSC: everything between its introducer and its end, perhaps with its BEL.
    pub(crate) fn osc(&mut self, body: &[u8]) {
        let body = body.strip_suffix(b"\x07").unwrap_or(body);
        let (number, rest) = match body.iter().position(|&byte| byte == b';') {
            Some(at) => (&body[..at], &body[at + 1..]),
            None => (body, &[][..]),
        };
        let Some(number) = parse(number) else { return };
        match number {
            0..=2 => {
                if let Some(which) = Which::from_number(number) {
                    self.titles.set(which, rest);
                }
            }
            4 => self.colors.set_palette(rest),
            7 => self.set_directory(rest),
            8 => self.set_link(rest),
            9 => {
                self.set_progress(rest);
                self.signals.message(rest);
            }
            99 => self.signals.part(rest),
            104 => self.colors.reset_palette(rest),
            133 => self.signals.prompt(rest),
            777 => self.signals.notify(rest),
            7501 => self.signals.state(rest),
            _ if DYNAMIC.contains(&number) => self.colors.set_dynamic(number, rest),
            _ if DYNAMIC.contains(&number.wrapping_sub(100)) => {
                self.colors.reset_dynamic(number - 100);
            }
            _ => {}
        }
    }

    /// Gives the next characters another style.
    pub(crate) fn set_pen(&mut self, style: Style) {
        if style != self.pen.style {
            let keeps_background = style.bg == self.pen.style.bg;
            let erase_id = self.pen.erase_id.filter(|_| keeps_background);
            self.pen = Pen { style, id: None, erase_id };
        }
    }

    fn set_directory(&mut self, rest: &[u8]) {
        let fits = rest.len() <= DIRECTORY_LIMIT;
        let directory = fits.then(|| clean(rest, DIRECTORY_LIMIT));
        self.working_directory = directory.filter(|directory| !directory.is_empty());
    }

    /// `params ; uri`. Without a uri the link ends.
    fn set_link(&mut self, rest: &[u8]) {
        let link = self.link(rest).map_or(Id::NONE, |link| self.link_id(link.into()));
        self.set_pen(Style { link, ..self.pen.style });
    }

    fn link(&self, rest: &[u8]) -> Option<Link> {
        let at = rest.iter().position(|&byte| byte == b';')?;
        let (params, uri) = (&rest[..at], &rest[at + 1..]);
        if uri.len() > URI_LIMIT || params.len() > LINK_PARAMS_LIMIT {
            return None;
        }
        let uri = clean(uri, URI_LIMIT);
        let params = clean(params, LINK_PARAMS_LIMIT).into();
        (!uri.is_empty()).then(|| Link { params, uri: uri.into() })
    }

    /// `4 ; state ; percent`. Anything else after a 9 is another order or a message.
    fn set_progress(&mut self, rest: &[u8]) {
        let mut fields = rest.split(|&byte| byte == b';');
        if fields.next() != Some(b"4") {
            return;
        }
        let state = fields.next().and_then(parse).unwrap_or(0);
        let percent = fields.next().and_then(parse).unwrap_or(0).min(100).to_le_bytes()[0];
        self.progress = match state {
            1..=4 => Some(Progress { state: state.to_le_bytes()[0], percent }),
            _ => None,
        };
    }
}

fn parse(field: &[u8]) -> Option<u16> {
    std::str::from_utf8(field).ok()?.parse().ok()
}
