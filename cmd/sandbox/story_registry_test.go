package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// registry NAME [auth] [tls]: runs docker-registry on a port of its own until the
// end of the story. $NAME is its HOST:PORT, $WORK/NAME/data where it keeps
// things. With auth it lets in only me with the password secret; with tls it
// shows a certificate of the authority in $WORK/NAME/ca.pem.
func startRegistry(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: registry NAME [auth] [tls]")
	}
	dir := ts.MkAbs("../" + args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	config := "version: 0.1\nstorage: {filesystem: {rootdirectory: " + dir + "/data}, delete: {enabled: true}}\n" +
		"http:\n  addr: 127.0.0.1:0\n"
	var access string
	for _, option := range args[1:] {
		switch option {
		case "tls":
			ts.Check(certify(dir))
			config += "  tls: {certificate: " + dir + "/cert.pem, key: " + dir + "/key.pem}\n"
		case "auth":
			ts.Check(os.WriteFile(filepath.Join(dir, "users"), []byte("me:"+secretHash+"\n"), 0o600))
			access = "auth: {htpasswd: {realm: test, path: " + dir + "/users}}\n"
		default:
			ts.Fatalf("registry: unknown option %s", option)
		}
	}
	file := filepath.Join(dir, "config.yml")
	ts.Check(os.WriteFile(file, []byte(config+access), 0o600))
	address, stop, err := serveRegistry(file)
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv(args[0], address)
}

// secretHash is the bcrypt of secret: htpasswd -Bbn -C 4 me secret.
const secretHash = "$2y$04$mPfCheo0K3ybSqH5gc21buDbttl/VPSdkuTn3KrgodFkBpJuN.ooa"

// serveRegistry answers the address that the program says it listens on.
func serveRegistry(config string) (address string, stop func(), err error) {
	c := exec.Command("docker-registry", "serve", config)
	c.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=none")
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	log, err := c.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	said := bufio.NewScanner(log)
	listens := regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`)
	var all []string
	for said.Scan() {
		if m := listens.FindStringSubmatch(said.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return m[1], stop, nil
		}
		all = append(all, said.Text())
	}
	stop()
	return "", nil, fmt.Errorf("docker-registry does not listen:\n%s", strings.Join(all, "\n"))
}

// auths FILE REGISTRY USER:PASSWORD: writes a configuration of docker's.
func writeAuths(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: auths FILE REGISTRY USER:PASSWORD")
	}
	text, err := json.Marshal(map[string]any{"auths": map[string]any{
		args[1]: map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(args[2]))},
	}})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// certify writes an authority, and a certificate of it for loopback.
func certify(dir string) error {
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority of tests"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	return errors.Join(err,
		writePEM(filepath.Join(dir, "ca.pem"), "CERTIFICATE", caDER),
		writePEM(filepath.Join(dir, "cert.pem"), "CERTIFICATE", leafDER),
		writePEM(filepath.Join(dir, "key.pem"), "PRIVATE KEY", keyDER))
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
