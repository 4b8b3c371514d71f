package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// helperRequest is the variable that makes this test binary carry out one
// request and print its answer: so a test runs a probe inside a network
// namespace, where a whole process has to be.
const helperRequest = "PROBE_TEST_REQUEST"

func TestMain(m *testing.M) {
	if raw := os.Getenv(helperRequest); raw != "" {
		if err := helper(raw); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// helper writes "armed" once a watch is armed, and the answer at the end. Its
// standard input ends when a watch has seen enough.
func helper(raw string) error {
	var r investigations.Request
	if err := json.Unmarshal([]byte(raw), &r); err != nil {
		return err
	}
	finish := make(chan struct{})
	r.Finish = finish
	r.Armed = func() { fmt.Println("armed") }
	go func() {
		os.Stdin.Read(make([]byte, 1))
		close(finish)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var s Set
	return json.NewEncoder(os.Stdout).Encode(s.Run(ctx, r))
}
