// Brings the newest checkpoint of a log to a witness with the packages that the Go project wrote for its own log, and with nothing of
// Witnessmark: reads the log as tiles, proves that it has only grown since the witness saw it last, and checks the cosignature.
//
//	go run feed_witness.go http://127.0.0.1:7480 'ledger.example/one+1a2b3c4d+Ad...' http://127.0.0.1:7481 'witness.example/w1+5e6f7a8b+BO...'
//
// The second and the fourth argument are the keys, as they stand in a policy. Prints the checkpoint with the cosignature.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tiles have two to the power of this many hashes.
const height = 8

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// A log at an address. It is a tlog.TileReader, whose tiles tlog checks before it uses them.
type tiles struct{ url string }

func (t tiles) Height() int { return height }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
		data, err := get(t.url + "/" + path)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// A witness's key of type 04. The package note knows none, and takes them from outside.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("a witness's key is name+key id+key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, errors.New("the witness's key is not of type 04")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if fmt.Sprintf("%x", sum[:4]) != parts[1] {
		return nil, errors.New("the id of the witness's key is another")
	}
	return &cosigner{parts[0], binary.BigEndian.Uint32(sum[:]), key[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return time > 0 && ed25519.Verify(c.key, []byte(message), signature[8:])
}

// Asks the witness, and gives the status and the body of its answer. proof is what the old size needs.
func ask(witness string, old int64, proof tlog.TreeProof, checkpoint []byte) (int, string, error) {
	body := fmt.Sprintf("old %d\n", old)
	for _, hash := range proof {
		body += hash.String() + "\n"
	}
	answer, err := http.Post(witness+"/add-checkpoint", "", strings.NewReader(body+"\n"+string(checkpoint)))
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if answer.StatusCode == http.StatusConflict && answer.Header.Get("Content-Type") != "text/x.tlog.size" {
		return 0, "", fmt.Errorf("the witness has seen another tree: %s", text)
	}
	return answer.StatusCode, string(text), err
}

func run(log, logKey, witness, witnessKey string) error {
	verifier, err := note.NewVerifier(logKey)
	if err != nil {
		return err
	}
	cosigner, err := newCosigner(witnessKey)
	if err != nil {
		return err
	}
	checkpoint, err := get(log + "/checkpoint")
	if err != nil {
		return err
	}
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 {
		return errors.New("the note is not a checkpoint of three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tiles{log})
	old, proof := int64(0), tlog.TreeProof(nil)
	status, text, err := ask(witness, old, proof, checkpoint)
	// The answer is where to begin; somebody else may be as quick.
	for tries := 0; tries < 3 && err == nil && status == http.StatusConflict; tries++ {
		if old, err = strconv.ParseInt(strings.TrimSuffix(text, "\n"), 10, 64); err != nil {
			return err
		}
		if old > size {
			return fmt.Errorf("the witness has seen %d entries, and the log shows %d", old, size)
		}
		if proof = nil; old > 0 && old < size {
			if proof, err = tlog.ProveTree(size, old, hashes); err != nil {
				return err
			}
		}
		status, text, err = ask(witness, old, proof, checkpoint)
	}
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("the witness answers %d: %s", status, text)
	}
	known := note.VerifierList(verifier, cosigner)
	cosigned := append(checkpoint, text...)
	// What monitors are shown is the same.
	shown, err := get(fmt.Sprintf("%s/%x/checkpoint", witness, sha256.Sum256([]byte(lines[0]))))
	if err != nil {
		return err
	}
	for _, signed := range [][]byte{cosigned, shown} {
		opened, err := note.Open(signed, known)
		if err != nil {
			return err
		}
		if len(opened.Sigs) != 2 {
			return errors.New("the checkpoint has not both signatures")
		}
	}
	_, err = os.Stdout.Write(cosigned)
	return err
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: feed_witness LOG_URL LOG_KEY WITNESS_URL WITNESS_KEY")
		os.Exit(64)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "not cosigned:", err)
		os.Exit(1)
	}
}
