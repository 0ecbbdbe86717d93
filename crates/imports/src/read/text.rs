//! Bytes to text as they come: which encoding it is, and a decoder that refuses what is not in it.
use super::{Source, unreadable};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding};
use kernel::Problem;
use std::io::{self, Read, SeekFrom};

/// What a format is told by, and a delimiter found out from.
const HEAD: usize = 64 << 10;
const PIECE: usize = 32 << 10;
/// The guess of an encoding looks at the beginning only; whether the file is UTF-8 is asked of all of it.
const GUESSED_FROM: usize = 4 << 20;

/// The first bytes of a file; it stands at its beginning again afterwards.
pub fn head(source: &mut dyn Source) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(0))?;
    let mut head = vec![];
    source.take(HEAD as u64).read_to_end(&mut head)?;
    source.seek(SeekFrom::Start(0))?;
    Ok(head)
}

/// A text file whose encoding is known.
pub struct Text {
    pub file: String,
    pub head: String,
    pub notes: Vec<String>,
    source: Box<dyn Source>,
    encoding: &'static Encoding,
}

impl Text {
    /// Byte order mark first, then what the mapping says, then UTF-8 if all of the file is, then a guess, which is told.
    pub fn new(file: &str, mut source: Box<dyn Source>, told: Option<&str>) -> Result<Self, Problem> {
        let io = |e: io::Error| unreadable(file, &e.to_string());
        let told = match told {
            None => None,
            Some(l) => Some(
                Encoding::for_label(l.as_bytes())
                    .ok_or_else(|| unreadable(file, &format!("there is no encoding `{l}`")))?,
            ),
        };
        let start = head(&mut source).map_err(io)?;
        let marked = Encoding::for_bom(&start).map(|(e, _)| e);
        let mut notes = vec![];
        let encoding = match marked.or(told).or_else(|| wide(&start)) {
            Some(encoding) => encoding,
            None => {
                let (encoding, guessed) = guess(&mut source).map_err(io)?;
                if guessed {
                    notes.push(format!(
                        "`{file}` is not UTF-8 and was read as {}; name its encoding if letters look wrong.",
                        encoding.name()
                    ));
                }
                encoding
            }
        };
        let mut text = Self { file: file.into(), head: String::new(), notes, source, encoding };
        let mut head = vec![];
        text.open()?.take(HEAD as u64).read_to_end(&mut head).map_err(io)?;
        text.head = String::from_utf8_lossy(&head).into_owned();
        Ok(text)
    }

    /// The text from its beginning, as UTF-8 and without a byte order mark.
    pub fn open(&mut self) -> Result<impl Read + '_, Problem> {
        self.source.seek(SeekFrom::Start(0)).map_err(|e| unreadable(&self.file, &e.to_string()))?;
        Ok(Decoded {
            source: &mut self.source,
            decoder: self.encoding.new_decoder_with_bom_removal(),
            name: self.encoding.name(),
            raw: vec![0; PIECE],
            from: 0,
            to: 0,
            ended: false,
            finished: false,
        })
    }
}

/// UTF-16 without a byte order mark: every other byte of western text is nothing.
fn wide(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let nothing = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    match (nothing(0), nothing(1)) {
        (0, odd) if odd * 2 > pairs && pairs > 1 => Some(encoding_rs::UTF_16LE),
        (even, 0) if even * 2 > pairs && pairs > 1 => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// The encoding, and whether it is only a guess.
fn guess(source: &mut dyn Source) -> io::Result<(&'static Encoding, bool)> {
    source.seek(SeekFrom::Start(0))?;
    let mut check = encoding_rs::UTF_8.new_decoder_without_bom_handling();
    let (mut utf8, mut seen) = (true, 0);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut letters = Letters::default();
    let (mut piece, mut void) = (vec![0; PIECE], vec![0; PIECE * 3 + 16]);
    loop {
        let got = source.read(&mut piece)?;
        let bytes = &piece[..got];
        if utf8 {
            let (result, ..) = check.decode_to_utf8_without_replacement(bytes, &mut void, got == 0);
            utf8 = result == DecoderResult::InputEmpty;
        }
        if seen < GUESSED_FROM {
            detector.feed(bytes, false);
            letters.feed(bytes);
            seen += got;
        } else if !utf8 {
            break;
        }
        if got == 0 {
            break;
        }
    }
    if utf8 {
        return Ok((encoding_rs::UTF_8, false));
    }
    let guess = detector.guess(None, Utf8Detection::Deny);
    Ok((if guess.is_single_byte() && letters.macintosh() { encoding_rs::MACINTOSH } else { guess }, true))
}

/// Whether bytes inside words are letters that fit there, in the encoding of Windows and in that of old Macs, which no
/// detector of the web looks for.
#[derive(Default)]
struct Letters {
    windows: u64,
    macintosh: u64,
    /// The last two bytes.
    before: [u8; 2],
}

impl Letters {
    fn feed(&mut self, bytes: &[u8]) {
        for &next in bytes {
            let [before, byte] = self.before;
            if byte >= 0x80 && before.is_ascii_alphabetic() {
                self.windows += u64::from(fits(encoding_rs::WINDOWS_1252, before, byte, next));
                self.macintosh += u64::from(fits(encoding_rs::MACINTOSH, before, byte, next));
            }
            self.before = [byte, next];
        }
    }
    fn macintosh(&self) -> bool {
        self.macintosh > self.windows
    }
}

/// A small letter, or a capital among capitals.
fn fits(encoding: &'static Encoding, before: u8, byte: u8, next: u8) -> bool {
    let (text, _) = encoding.decode_without_bom_handling(std::slice::from_ref(&byte));
    let among = before.is_ascii_uppercase() && !next.is_ascii_lowercase();
    text.chars().all(|c| c.is_lowercase() || (c.is_uppercase() && among))
}

/// Decodes while it is read. What is not in the encoding ends the reading: nothing is written as question marks.
struct Decoded<'a> {
    source: &'a mut Box<dyn Source>,
    decoder: Decoder,
    name: &'static str,
    raw: Vec<u8>,
    from: usize,
    to: usize,
    ended: bool,
    finished: bool,
}

impl Read for Decoded<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // A decoder needs room for the longest character; smaller buffers are nobody's.
        if self.finished || out.len() < 4 {
            return Ok(0);
        }
        loop {
            if self.from == self.to && !self.ended {
                self.to = self.source.read(&mut self.raw)?;
                (self.from, self.ended) = (0, self.to == 0);
            }
            let raw = &self.raw[self.from..self.to];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(raw, out, self.ended);
            self.from += read;
            if out[..written].contains(&0) {
                return Err(io::Error::other(
                    "it has NUL characters; is it UTF-16 without a byte order mark?",
                ));
            }
            match result {
                DecoderResult::Malformed(..) => {
                    let why = format!("some bytes are not {}; name its encoding in the mapping", self.name);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
                DecoderResult::InputEmpty if self.ended => {
                    self.finished = true;
                    return Ok(written);
                }
                _ if written > 0 => return Ok(written),
                _ => {}
            }
        }
    }
}
