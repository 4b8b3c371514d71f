package follow

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// heard sends until it is heard: a datagram on a busy machine may be lost.
func (b *bed) sends(network, address, text, name string) {
	b.t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	b.until(name+" is heard", func() bool {
		if b.count()[name] > 0 {
			return true
		}
		conn.Write([]byte(text))
		return false
	})
}

func TestUnixSocket(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(filepath.Dir(b.path), "log.sock")
	b.source = Source{Program: "p", Kind: Syslog, Where: path}
	for _, name := range []string{"first", "second"} {
		left, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"}) // by a runner that was killed
		if err != nil {
			t.Fatal(err)
		}
		file, err := left.File()
		if err != nil {
			t.Fatal(err)
		}
		stop := b.start()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o666 {
			t.Errorf("the socket is %v, %v; want all to write to it", info.Mode(), err)
		}
		b.sends("unixgram", path, "<134>Nov 21 03:02:58 p[1]: refused "+name+" by it\n\x00", name)
		stop()
		file.Close()
		left.Close()
		os.Remove(path)
	}
}

func TestUDP(t *testing.T) {
	b := newBed(t)
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.LocalAddr().String()
	free.Close()
	b.source = Source{Program: "p", Kind: UDP, Where: address}
	stop := b.start()
	b.sends("udp", address, "<134>1 - - p 1 - - refused a by it", "a")
	b.sends("udp", address, "two\nrefused b by it", "b")
	stop()
	b.start()
	b.sends("udp", address, "refused c by it", "c")
}

// TestSocketTaken leaves what is not a socket alone.
func TestSocketTaken(t *testing.T) {
	b := newBed(t)
	b.write(b.path, "mine")
	if err := removeSocket(b.path); err == nil {
		t.Error("removeSocket of a file = nil")
	}
	if text, err := os.ReadFile(b.path); err != nil || string(text) != "mine" {
		t.Errorf("the file is %q, %v", text, err)
	}
}
