package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxReply bounds an answer of EC2, in bytes: 50 instances take some 300 KB.
const maxReply = 4 << 20

// reservations is what is read of the answer to DescribeInstances (Amazon EC2
// API Reference, version 2016-11-15).
type reservations struct {
	Sets []struct {
		Instances []struct {
			ID      string `xml:"instanceId"`
			Address string `xml:"privateIpAddress"`
			V6      string `xml:"ipv6Address"`
		} `xml:"instancesSet>item"`
	} `xml:"reservationSet>item"`
}

// ec2Error is how EC2 refuses.
type ec2Error struct {
	Code    string `xml:"Errors>Error>Code"`
	Message string `xml:"Errors>Error>Message"`
}

// instances adds the private addresses of instances. EC2's part of the SDK is
// thirty times the size of all else here, so that this one action is asked for
// by hand, signed by the SDK.
func (c *Client) instances(ctx context.Context, a arn, ids []string, into map[string]string) error {
	form := url.Values{"Action": {"DescribeInstances"}, "Version": {"2016-11-15"}}
	for i, id := range ids {
		form.Set("InstanceId."+strconv.Itoa(i+1), id)
	}
	body, err := c.query(ctx, a, []byte(form.Encode()))
	if err != nil {
		return err
	}
	var r reservations
	if err := xml.Unmarshal(body, &r); err != nil {
		return fmt.Errorf("read AWS's answer to DescribeInstances: %w", err)
	}
	for _, set := range r.Sets {
		for _, i := range set.Instances {
			if into[i.ID] = i.Address; i.Address == "" {
				into[i.ID] = i.V6
			}
		}
	}
	return nil
}

// query posts a signed form to EC2 and returns the body of a good answer.
func (c *Client) query(ctx context.Context, a arn, form []byte) ([]byte, error) {
	at := c.ec2
	if at == "" {
		at = a.ec2Host()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at+"/", bytes.NewReader(form))
	if err != nil {
		return nil, fmt.Errorf("ask AWS for DescribeInstances: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	keys, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("there are no credentials for AWS: %w", err)
	}
	sum := sha256.Sum256(form)
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), "ec2", a.region, c.now()); err != nil {
		return nil, fmt.Errorf("sign a request for AWS: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask AWS for DescribeInstances: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return nil, fmt.Errorf("ask AWS for DescribeInstances: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var e ec2Error
		xml.Unmarshal(body, &e) // what is no XML leaves the status alone to say it
		return nil, fmt.Errorf("AWS refused DescribeInstances: %s: %s %.300s", resp.Status, e.Code, e.Message)
	}
	return body, nil
}
