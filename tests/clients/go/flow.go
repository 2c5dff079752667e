// A merchant's code in Go, standard library alone, from token to verified webhooks. It has the vendor's host in its code.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
)

const (
	api    = "https://apitest.vipps.no"
	msn    = "440002"
	scheme = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="
)

type object = map[string]any

var (
	client = http.Client{Timeout: 10 * time.Second}
	token  string
	passed int
	failed int
)

func check(what string, expected, found any) {
	if reflect.DeepEqual(expected, found) {
		passed++
		fmt.Println("ok   ", what)
		return
	}
	failed++
	fmt.Printf("FAIL  %s: expected %v, found %v\n", what, expected, found)
}

// call makes one call of the API. The body of an answer without one is nil.
func call(method, path, key string, body any) (int, object) {
	sent := []byte{}
	if body != nil {
		sent, _ = json.Marshal(body)
	}
	request, err := http.NewRequest(method, api+path, bytes.NewReader(sent))
	giveUpOn(err)
	request.Header.Set("Ocp-Apim-Subscription-Key", "0f14ebcab0eb4b29ae0cb90d91b4a84a")
	request.Header.Set("Merchant-Serial-Number", msn)
	request.Header.Set("Content-Type", "application/json")
	if token == "" {
		request.Header.Set("client_id", "fb492b5e-7907-4d83-ba20-c7fb60ca35de")
		request.Header.Set("client_secret", "Y8Kteew6GE3ZmeycEt6egg==")
	} else {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := client.Do(request)
	giveUpOn(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	giveUpOn(err)
	var found any
	if len(text) > 0 {
		giveUpOn(json.Unmarshal(text, &found))
	}
	if list, isList := found.([]any); isList {
		return answer.StatusCode, object{"items": list}
	}
	read, _ := found.(object)
	return answer.StatusCode, read
}

func giveUpOn(err error) {
	if err != nil {
		fmt.Println("FAIL ", err)
		os.Exit(1)
	}
}

// code is the ErrorCode of a refusal after its status.
func code(status int, body object) string {
	extras, _ := body["extraDetails"].([]any)
	for _, extra := range extras {
		if extra := extra.(object); extra["name"] == "ErrorCode" {
			return fmt.Sprint(status, " ", extra["reason"])
		}
	}
	return fmt.Sprint(status)
}

func nok(value int) object    { return object{"currency": "NOK", "value": value} }
func modify(value int) object { return object{"modificationAmount": nok(value)} }

// sums are what was authorized, cancelled, captured and refunded.
func sums(payment object) string {
	aggregate, _ := payment["aggregate"].(object)
	line := []string{}
	for _, name := range []string{"authorizedAmount", "cancelledAmount", "capturedAmount", "refundedAmount"} {
		amount, _ := aggregate[name].(object)
		line = append(line, fmt.Sprint(amount["value"]))
	}
	return strings.Join(line, " ")
}

// genuine tells whether a delivery was signed with the secret, as the vendor documents it.
func genuine(target, host string, header http.Header, body []byte, secret string) bool {
	date, err := http.ParseTime(header.Get("X-Ms-Date"))
	if err != nil || time.Since(date).Abs() > 5*time.Minute {
		return false
	}
	sum := sha256.Sum256(body)
	hash := base64.StdEncoding.EncodeToString(sum[:])
	code := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(code, "POST\n%s\n%s;%s;%s", target, header.Get("X-Ms-Date"), host, hash)
	signature := scheme + base64.StdEncoding.EncodeToString(code.Sum(nil))
	return hash == header.Get("X-Ms-Content-Sha256") && hmac.Equal([]byte(signature), []byte(header.Get("Authorization")))
}

type delivery struct {
	event   object
	genuine bool
	dearer  bool // whether it would be genuine with another amount
}

// receive takes deliveries on a free port.
func receive(secret *atomic.Value) (string, <-chan delivery) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	giveUpOn(err)
	deliveries := make(chan delivery, 20)
	go http.Serve(listener, http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		known, _ := secret.Load().(string)
		one := delivery{genuine: genuine(request.RequestURI, request.Host, request.Header, body, known)}
		tampered := bytes.Replace(body, []byte("00"), []byte("01"), 1)
		one.dearer = genuine(request.RequestURI, request.Host, request.Header, tampered, known)
		json.Unmarshal(body, &one.event)
		// Once this one is answered the next may come.
		deliveries <- one
		if one.genuine {
			answer.WriteHeader(http.StatusNoContent)
		} else {
			answer.WriteHeader(http.StatusUnauthorized)
		}
	}))
	return "http://" + listener.Addr().String() + "/hooks/vipps?shop=1&note=a%20b", deliveries
}

func main() {
	reference := fmt.Sprint("order-", msn, "-", time.Now().UnixNano())
	payments := "/epayment/v1/payments"
	payment := payments + "/" + reference
	order := object{
		"amount": nok(49900), "paymentMethod": object{"type": "WALLET"}, "reference": reference, "userFlow": "WEB_REDIRECT",
		"returnUrl": "https://shop.example.com/thanks", "paymentDescription": "Two pairs of socks",
	}

	status, answer := call("POST", "/accesstoken/get", "", nil)
	check("a token is had", 200, status)
	token, _ = answer["access_token"].(string)

	var secret atomic.Value
	url, deliveries := receive(&secret)
	events := []string{}
	for _, name := range []string{"created", "authorized", "captured", "refunded", "cancelled"} {
		events = append(events, "epayments.payment."+name+".v1")
	}
	status, webhook := call("POST", "/webhooks/v1/webhooks", "", object{"url": url, "events": events})
	check("a webhook is registered", 201, status)
	secret.Store(webhook["secret"])

	status, created := call("POST", payments, "create-1", order)
	check("a payment is created", 201, status)
	_, again := call("POST", payments, "create-1", order)
	check("the same create has the same answer", created, again)
	check("the reference is refused with another key", "409 4150", code(call("POST", payments, "create-2", order)))
	check("no capture before approval", "400 6080", code(call("POST", payment+"/capture", "early-1", modify(1000))))

	customer := object{"customer": object{"phoneNumber": "4712345678"}}
	status, _ = call("POST", "/epayment/v1/test/payments/"+reference+"/approve", "", customer)
	check("force approve works", 200, status)
	_, approved := call("GET", payment, "", nil)
	check("the amount is reserved", "AUTHORIZED 49900 0 0 0", fmt.Sprint(approved["state"], " ", sums(approved)))
	_, captured := call("POST", payment+"/capture", "capture-1", modify(30000))
	check("a part is captured", "49900 0 30000 0", sums(captured))
	_, refunded := call("POST", payment+"/refund", "refund-1", modify(10000))
	check("a part is refunded", "49900 0 30000 10000", sums(refunded))
	_, cancelled := call("POST", payment+"/cancel", "cancel-1", nil)
	check("the rest is cancelled", "49900 19900 30000 10000", sums(cancelled))
	check("what does not exist is not found", "404 5090", code(call("GET", payments+"/no-such-order", "", nil)))

	_, log := call("GET", payment+"/events", "", nil)
	happened, delivered := []any{}, []any{}
	for _, event := range log["items"].([]any) {
		happened = append(happened, event.(object)["name"])
		select {
		case one := <-deliveries:
			delivered = append(delivered, one.event["name"])
			check(fmt.Sprint(one.event["name"], " is genuine"), true, one.genuine)
			check("with another amount it is not", false, one.dearer)
		case <-time.After(10 * time.Second):
			check("a webhook comes", event, "nothing in ten seconds")
		}
	}
	check("the event log tells it", []any{"CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"}, happened)
	check("the events are delivered in order", happened, delivered)

	fmt.Printf("# tests %d\n# pass %d\n# fail %d\n", passed+failed, passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
