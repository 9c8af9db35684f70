// Reads an export with the packages that the Go project wrote for its own log, and with nothing of Witnessmark: the signature on
// the checkpoint, every tile against the root in it, and every entry against its leaf hash.
//
//	go run read_export.go http://127.0.0.1:8000 'ledger.example/one+1a2b3c4d+Ad...'
//
// The first argument is a folder or the address of a web server that offers it; the second is the log's key, as it stands behind
// the word "log" in the policy.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tiles have two to the power of this many hashes.
const height = 8

// The path of a tile as tlog-tiles has it: without the height, which is always 8.
func place(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
}

type export struct{ base string }

func (e export) read(path string) ([]byte, error) {
	if !strings.Contains(e.base, "://") {
		return os.ReadFile(filepath.Join(e.base, path))
	}
	answer, err := http.Get(strings.TrimSuffix(e.base, "/") + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// Height, ReadTiles and SaveTiles make this a tlog.TileReader, whose tiles tlog checks before it uses them.
func (e export) Height() int { return height }

func (e export) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := e.read(place(tile))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (e export) SaveTiles([]tlog.Tile, [][]byte) {}

func run(base, key string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	source := export{base}
	signed, err := source.read("checkpoint")
	if err != nil {
		return err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return fmt.Errorf("the checkpoint is not that of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, source)
	for start := int64(0); start < size; start += 1 << height {
		count := size - start
		if count > 1<<height {
			count = 1 << height
		}
		tile := tlog.Tile{H: height, L: -1, N: start >> height, W: int(count)}
		if err := check(source, hashes, tile, start); err != nil {
			return err
		}
	}
	fmt.Printf("%d entries of %s, root %s\n", size, lines[0], root)
	return nil
}

// Checks the entries of one bundle against the leaf hashes, which tlog proves to be in the tree.
func check(source export, hashes tlog.HashReader, tile tlog.Tile, start int64) error {
	// tlog calls the level of entries "data"; tlog-tiles calls it "entries".
	path := strings.Replace(place(tile), "tile/data/", "tile/entries/", 1)
	data, err := source.read(path)
	if err != nil {
		return err
	}
	var indexes []int64
	for at := int64(0); at < int64(tile.W); at++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, start+at))
	}
	leaves, err := hashes.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for at, leaf := range leaves {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return fmt.Errorf("%s: it ends inside an entry", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		if tlog.RecordHash(data[2:end]) != leaf {
			return fmt.Errorf("%s: entry %d is not the one in the tree", path, start+int64(at))
		}
		data = data[end:]
	}
	if len(data) > 0 {
		return fmt.Errorf("%s: more entries than there should be", path)
	}
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: read_export FOLDER_OR_URL LOG_KEY")
		os.Exit(64)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "NOT VERIFIED:", err)
		os.Exit(1)
	}
}
