// Checks one tlog-proof with the Go libraries of transparency-dev:
// tlog PROOF LEAF ED25519-VKEY ML-DSA-VKEY [WITNESS-VKEY]...
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

func check(args []string) error {
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	leaf, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	var found fproof.TLogProof
	if err := found.Unmarshal(data); err != nil {
		return err
	}
	if !bytes.Equal(found.Marshal(), data) {
		return fmt.Errorf("the proof is not written as this library writes it")
	}
	log1, err := note.NewVerifier(args[2])
	if err != nil {
		return err
	}
	log2, err := fnote.NewMLDSAVerifier(args[3])
	if err != nil {
		return err
	}
	others := []note.Verifier{log2}
	for _, text := range args[4:] {
		witness, err := fnote.NewVerifierForCosignatureV1(text)
		if err != nil {
			return err
		}
		others = append(others, witness)
	}
	point, _, signed, err := log.ParseCheckpoint(found.Checkpoint, log1.Name(), log1, others...)
	if err != nil {
		return err
	}
	if len(signed.Sigs) != 1+len(others) {
		return fmt.Errorf("%d signatures were verified, not %d", len(signed.Sigs), 1+len(others))
	}
	var hashes [][]byte
	for _, one := range found.Hashes {
		hashes = append(hashes, one[:])
	}
	hash := rfc6962.DefaultHasher.HashLeaf(leaf)
	return proof.VerifyInclusion(rfc6962.DefaultHasher, found.Index, point.Size, hash, hashes, point.Hash)
}

func main() {
	if err := check(os.Args[1:]); err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("accepted")
}
