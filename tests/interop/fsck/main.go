// Fsck audits a served log with Tessera's own checker: every bundle and tile against the checkpoint.
//
// Usage: fsck URL VKEY
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
)

func hashes(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	found := make([][]byte, 0, len(entries.Entries))
	for _, entry := range entries.Entries {
		found = append(found, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return found, nil
}

func check(address, key string) error {
	root, err := url.Parse(address)
	if err != nil {
		return err
	}
	source, err := client.NewHTTPFetcher(root, nil)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	audit := fsck.New(verifier.Name(), verifier, source, hashes, fsck.Opts{N: 2})
	return audit.Check(context.Background())
}

func main() {
	if err := check(os.Args[1], os.Args[2]); err != nil {
		fmt.Printf("refused: %v\n", err)
		return
	}
	fmt.Println("accepted")
}
