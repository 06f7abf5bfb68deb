// Submits checkpoints to a running witness with the Go client of transparency-dev:
// witness URL ED25519-VKEY ML-DSA-VKEY < steps
//
// Each line of standard input is a step, as JSON: the old size, the checkpoint note and the
// consistency proof (both base64). Each line of standard output is what the client made of the
// answer: how many cosignatures it verified, or the size, or its error.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	fnote "github.com/transparency-dev/formats/note"
	wclient "github.com/transparency-dev/witness/client/http"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
)

type step struct {
	Old        uint64   `json:"old"`
	Checkpoint []byte   `json:"checkpoint"`
	Proof      [][]byte `json:"proof"`
}

func ask(client wclient.Witness, one step, keys note.Verifiers) (string, error) {
	body, size, err := client.Update(context.Background(), one.Old, one.Checkpoint, one.Proof)
	if errors.Is(err, witness.ErrCheckpointStale) {
		return fmt.Sprintf("stale: the witness has %d", size), nil
	}
	if err != nil {
		return "refused: " + err.Error(), nil
	}
	signed, err := note.Open(append(one.Checkpoint, body...), keys)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("cosigned by %d keys", len(signed.Sigs)), nil
}

func run(args []string) error {
	address, err := url.Parse(args[0])
	if err != nil {
		return err
	}
	first, err := fnote.NewVerifierForCosignatureV1(args[1])
	if err != nil {
		return err
	}
	second, err := fnote.NewMLDSAVerifier(args[2])
	if err != nil {
		return err
	}
	client := wclient.NewWitness(address, http.DefaultClient)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one step
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return err
		}
		says, err := ask(client, one, note.VerifierList(first, second))
		if err != nil {
			return err
		}
		fmt.Println(says)
	}
	return lines.Err()
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
