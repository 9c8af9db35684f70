//! A disk that writes down every write and every flush, and the images that a loss of power could have left of it.
//!
//! `qemu-storage-daemon` offers a file by FUSE and logs what is done to it, in the format of the kernel's dm-log-writes; the file is
//! loop-mounted. An image is the disk as it was before, everything up to the last flush before some moment, and of the writes
//! between that flush and the moment an arbitrary part.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::load::Mark;
use crate::random::Random;

/// More than the store keeps free, and room for the ledger.
const DISK_BYTES: u64 = 192 << 20;

const SECTOR: u64 = 512;
const MAGIC: u64 = 0x006a_7366_7773_6872;
const FLUSH: u64 = 1;
const FUA: u64 = 2;
const DISCARD: u64 = 4;

/// How long anything of the system may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program of the system, which must succeed.
pub(crate) fn must(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} cannot be run: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

/// A mounted file system; unmounted when dropped.
#[derive(Debug)]
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    /// Mounts `what` at `place`, which is made.
    pub(crate) fn new(arguments: &[&str], what: &str, place: PathBuf) -> Self {
        fs::create_dir_all(&place).unwrap();
        let shown = place.display().to_string();
        must("mount", &[arguments, &[what, &shown]].concat());
        Self(place)
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let begin = Instant::now();
        // What has been killed may hold it for another moment.
        while !Command::new("umount")
            .arg(&self.0)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
        {
            if begin.elapsed() > PATIENCE {
                drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A disk whose writes are logged.
#[derive(Debug)]
pub(crate) struct LoggedDisk {
    folder: PathBuf,
    server: Child,
}

impl LoggedDisk {
    /// An ext4 file system with a copy of `ledger` in it, not logged so far.
    pub(crate) fn new(folder: &Path, ledger: &Path) -> Self {
        let path = |name: &str| folder.join(name).display().to_string();
        File::create(path("base"))
            .unwrap()
            .set_len(DISK_BYTES)
            .unwrap();
        must("mkfs.ext4", &["-q", "-F", &path("base")]);
        let mounted = Mounted::new(&["-o", "loop"], &path("base"), folder.join("mount"));
        crate::world::copy(ledger, &mounted.path().join("ledger"));
        drop(mounted);
        must("cp", &["--sparse=always", &path("base"), &path("disk")]);
        File::create(path("log")).unwrap().set_len(8 << 30).unwrap();
        File::create(path("offered")).unwrap();
        let server = Command::new("qemu-storage-daemon")
            .args(["--blockdev", &format!("driver=file,node-name=disk,filename={}", path("disk"))])
            .args(["--blockdev", &format!("driver=file,node-name=log,filename={}", path("log"))])
            .args(["--blockdev", "driver=blklogwrites,node-name=logged,file=disk,log=log,log-super-update-interval=1"])
            .args(["--export", &format!("type=fuse,id=one,node-name=logged,writable=on,mountpoint={}", path("offered"))])
            .spawn()
            .expect("qemu-storage-daemon is installed (qemu-system-common)");
        let disk = Self {
            folder: folder.to_owned(),
            server,
        };
        let begin = Instant::now();
        while fs::metadata(path("offered")).unwrap().len() != DISK_BYTES {
            assert!(begin.elapsed() < PATIENCE, "the disk is not offered");
            thread::sleep(Duration::from_millis(10));
        }
        disk
    }

    /// Mounts it.
    pub(crate) fn mount(&self) -> Mounted {
        let offered = self.folder.join("offered").display().to_string();
        Mounted::new(&["-o", "loop"], &offered, self.folder.join("mount"))
    }

    /// How many writes and flushes the disk has logged by now.
    pub(crate) fn mark(&self) -> Mark {
        let log = File::open(self.folder.join("log")).unwrap();
        Arc::new(move || {
            let mut count = [0; 8];
            log.read_exact_at(&mut count, 16).unwrap();
            number(count)
        })
    }

    /// Ends the logging.
    pub(crate) fn end(mut self) -> Images {
        must("kill", &["-TERM", &self.server.id().to_string()]);
        self.server.wait().unwrap();
        Images::read(&self.folder)
    }
}

impl Drop for LoggedDisk {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// A number as the log has it: the last byte is the highest.
fn number(mut bytes: [u8; 8]) -> u64 {
    bytes.reverse();
    u64::from_be_bytes(bytes)
}

/// One write, or one flush.
struct Logged {
    at: u64,
    flags: u64,
    data: Vec<u8>,
}

/// The disk as it was, and everything that was done to it since.
pub(crate) struct Images {
    folder: PathBuf,
    log: Vec<Logged>,
}

impl Images {
    fn read(folder: &Path) -> Self {
        let mut file = File::open(folder.join("log")).unwrap();
        let mut header = [0; 512];
        file.read_exact(&mut header).unwrap();
        let field =
            |bytes: &[u8], at: usize| number(bytes.get(at..at + 8).unwrap().try_into().unwrap());
        assert_eq!(field(&header, 0), MAGIC, "a log of writes");
        let count = field(&header, 16);
        let mut log = Vec::new();
        for _ in 0..count {
            let mut entry = [0; 512];
            file.read_exact(&mut entry).unwrap();
            let flags = field(&entry, 16);
            let sectors = if flags & DISCARD == 0 {
                field(&entry, 8)
            } else {
                0
            };
            let mut data = vec![0; usize::try_from(sectors * SECTOR).unwrap()];
            file.read_exact(&mut data).unwrap();
            log.push(Logged {
                at: field(&entry, 0) * SECTOR,
                flags,
                data,
            });
        }
        Self {
            folder: folder.to_owned(),
            log,
        }
    }

    /// How many writes and flushes were logged.
    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.log.len()).unwrap()
    }

    /// An image of a loss of power after the first `done` writes and flushes, mounted.
    pub(crate) fn mount(&self, done: u64, random: &mut Random) -> Mounted {
        let path = |name: &str| self.folder.join(name).display().to_string();
        must("cp", &["--sparse=always", &path("base"), &path("image")]);
        let image = File::options().write(true).open(path("image")).unwrap();
        let done = self.log.get(..usize::try_from(done).unwrap()).unwrap();
        let flushed = done
            .iter()
            .rposition(|it| it.flags & FLUSH != 0)
            .map_or(0, |at| at + 1);
        // Either anything between the flush and the end may be missing, or only the end is.
        let all = random.coin();
        for (number, it) in done.iter().enumerate() {
            if number < flushed || it.flags & FUA != 0 || all || random.coin() {
                image.write_all_at(&it.data, it.at).unwrap();
            }
        }
        image.sync_all().unwrap();
        Mounted::new(
            &["-o", "loop"],
            &path("image"),
            self.folder.join("image-mount"),
        )
    }
}
