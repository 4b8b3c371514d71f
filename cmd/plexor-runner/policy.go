package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path"

	"github.com/plexorbot/plexor/investigations/runner/agent"
	"go.yaml.in/yaml/v3"
)

// policyFile is the form of a policy file.
type policyFile struct {
	Probes  lists `yaml:"probes"`
	Targets lists `yaml:"targets"`
}

type lists struct {
	Allow []yaml.Node `yaml:"allow"`
	Deny  []yaml.Node `yaml:"deny"`
}

// readPolicy reads a policy file strictly; without a name it is the policy that
// allows what may be allowed.
func readPolicy(name string) (agent.Policy, error) {
	if name == "" {
		return agent.Policy{}, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return agent.Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	p, err := decodePolicy(data)
	if err != nil {
		return agent.Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	return p, nil
}

func decodePolicy(data []byte) (p agent.Policy, err error) {
	var f policyFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			return p, errors.New("it is empty: what is allowed?")
		}
		return p, err
	}
	if dec.Decode(new(any)) != io.EOF {
		return p, errors.New("more than one YAML document")
	}
	for _, part := range []struct {
		nodes []yaml.Node
		into  *[]string
	}{{f.Probes.Allow, &p.Probes}, {f.Probes.Deny, &p.NoProbes}} {
		if *part.into, err = patterns(part.nodes); err != nil {
			return p, err
		}
	}
	for _, part := range []struct {
		nodes []yaml.Node
		into  *[]netip.Prefix
	}{{f.Targets.Allow, &p.Targets}, {f.Targets.Deny, &p.NoTargets}} {
		if *part.into, err = prefixes(part.nodes); err != nil {
			return p, err
		}
	}
	return p, nil
}

func patterns(nodes []yaml.Node) ([]string, error) {
	var all []string
	for _, n := range nodes {
		if _, err := path.Match(n.Value, ""); n.Kind != yaml.ScalarNode || n.Value == "" || err != nil {
			return nil, fmt.Errorf("line %d, column %d: %q is not the name of a probe, or a pattern such as tcp.*", n.Line, n.Column, n.Value)
		}
		all = append(all, n.Value)
	}
	return all, nil
}

func prefixes(nodes []yaml.Node) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, n := range nodes {
		p, err := netip.ParsePrefix(n.Value)
		if err != nil {
			ip, bad := netip.ParseAddr(n.Value)
			if bad != nil || ip.Zone() != "" {
				return nil, fmt.Errorf("line %d, column %d: %q is not an address or a network such as 10.0.0.0/8", n.Line, n.Column, n.Value)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all, nil
}
