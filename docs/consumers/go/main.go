package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
)

type object struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Subject  string `json:"subject"`
	Key      string `json:"key"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

var (
	seen   = map[[4]string]bool{}
	oldest [][4]string
)

func handle(record *kgo.Record) {
	h := map[string]string{}
	for _, header := range record.Headers {
		h[header.Key] = string(header.Value)
	}
	identity := [4]string{h["ce_source"], h["ce_id"], h["ce_type"], h["ce_digest"]}
	if seen[identity] {
		return
	}
	var event struct{ Data struct{ Object object } }
	check(json.Unmarshal(record.Value, &event))
	line := event.Data.Object
	line.ID, line.Type, line.Subject, line.Key = h["ce_id"], h["ce_type"], h["ce_subject"], string(record.Key)
	text, err := json.Marshal(line)
	check(err)
	fmt.Println(string(text))
	seen[identity] = true
	if oldest = append(oldest, identity); len(oldest) > 100_000 {
		delete(seen, oldest[0])
		oldest = oldest[1:]
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA_BOOTSTRAP_SERVERS"), ",")...),
		kgo.ConsumerGroup(cmp.Or(os.Getenv("GROUP_ID"), "example")),
		kgo.ConsumeTopics(os.Args[1:]...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
	)
	check(err)
	defer client.CloseAllowingRebalance()
	for {
		fetches := client.PollRecords(ctx, 1000)
		if ctx.Err() != nil {
			return
		}
		check(fetches.Err())
		fetches.EachRecord(handle)
		check(client.CommitUncommittedOffsets(ctx)) // only now: a record that fails is read again
		client.AllowRebalance()
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
