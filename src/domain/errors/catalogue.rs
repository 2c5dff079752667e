//! The table of errors, in the order of checks.
//!
//! Titles are the vendor's. Details are the documented texts without the asides that only the web page has
//! ("See …", "This occurs if …"); the one body that was published in full shows that the service leaves them out.

use super::{Certainty, ErrorSpec, Provoked, Shape, Source, Stage};
use crate::domain::operation::Operation;

macro_rules! error_catalogue {
    ($(
        $name:ident {
            $number:expr, $shape:ident, $status:literal $certainty:ident, $stage:ident, $sticks:ident, [$($operation:ident)*], $provoked:ident, $source:ident,
            $title:literal,
            $detail:literal,
            $when:literal
        }
    )*) => {
        /// The name of a row of [`CATALOGUE`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = concat!($title, ". ", $when)] $name,)*
        }

        /// Every error that the emulated API can answer with, in the order of checks.
        pub static CATALOGUE: &[ErrorSpec] = &[$(ErrorSpec {
            name: stringify!($name),
            number: $number,
            shape: Shape::$shape,
            status: $status,
            certainty: Certainty::$certainty,
            stage: Stage::$stage,
            sticks: $sticks,
            title: $title,
            detail: $detail,
            operations: &[$(Operation::$operation),*],
            provoked: Provoked::$provoked,
            when: $when,
            source: Source::$source,
        }),*];

        impl ErrorCode {
            /// Every row's name, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

error_catalogue! {
    RouteUnknown { None, Gateway, 404 Likely, Route, false, [Token Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Request, Platform,
        "Resource not found",
        "Resource not found",
        "The path or the method is none of the API's."
    }
    SubscriptionKeyMissing { None, Gateway, 401 Sure, SubscriptionKey, false, [Token Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete], Request, Recorded,
        "Access denied",
        "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        "The Ocp-Apim-Subscription-Key header is missing or empty."
    }
    SubscriptionKeyInvalid { None, Gateway, 401 Sure, SubscriptionKey, false, [Token Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Request, Recorded,
        "Access denied",
        "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
        "With configured credentials, no sales unit has this subscription key; or the header is sent twice."
    }
    SubscriptionNotFound { None, Subscription, 401 Likely, SubscriptionKey, false, [Token Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Fault, Faq,
        "Unauthorized",
        "Subscription not found",
        "The key exists but has no subscription; the sandbox has no such keys."
    }
    BearerTokenRefused { None, Bearer, 401 Sure, AccessToken, false, [Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Request, Recorded,
        "Unauthorized",
        "Something went wrong, please try again later.",
        "The Authorization header is missing, does not start with \"Bearer \", or its token is expired or not good here."
    }
    TokenRequestIncomplete { None, Token, 400 Guess, AccessToken, false, [Token], Request, Platform,
        "invalid_request",
        "AADSTS900144: The request body must contain the following parameter: '{parameter}'.",
        "The client_id or client_secret header is missing or empty."
    }
    ClientUnknown { None, Token, 400 Sure, AccessToken, false, [Token], Request, Recorded,
        "unauthorized_client",
        "AADSTS700016: Application with identifier '{client_id}' was not found in the directory 'VIPPS-TEST'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
        "With configured credentials, the subscription key's sales unit has another client_id."
    }
    ClientSecretInvalid { None, Token, 401 Guess, AccessToken, false, [Token], Request, Platform,
        "invalid_client",
        "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'.",
        "With configured credentials, the client_secret is not the sales unit's."
    }
    RateLimitExceeded { None, Gateway, 429 Likely, RateLimit, false, [Create Get Events Capture Refund Cancel], Request, Platform,
        "Too many requests",
        "Rate limit is exceeded. Try again in {seconds} seconds.",
        "With --rate-limits enforce: more than 5 calls a minute of create, capture, cancel or refund for one reference, or 120 of get or events."
    }
    SalesUnitNotAllowed { None, Problem, 403 Likely, SalesUnit, false, [Create Get Events Capture Refund Cancel Approve], Request, Faq,
        "Forbidden",
        "Merchant Not Allowed for Ecommerce Payment",
        "The sales unit has no permission for payments."
    }
    MsnInvalid { None, Problem, 403 Likely, SalesUnit, false, [Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Request, Faq,
        "Forbidden",
        "Invalid MSN: {msn}. Check your API keys on portal.vipps.no and see the eCom FAQ for tips.",
        "With configured credentials, the subscription key belongs to another sales unit; or the sandbox holds as many sales units as it can."
    }
    MediaTypeUnsupported { None, Fields, 415 Guess, Headers, false, [Create Capture Refund Approve], Request, OurChoice,
        "Unsupported Media Type",
        "See extraDetails for further details",
        "With --strict, a body came without a JSON content type."
    }
    BodyTooLarge { None, Fields, 413 Guess, Headers, false, [Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Request, OurChoice,
        "Payload Too Large",
        "See extraDetails for further details",
        "The body is larger than 1 MiB."
    }
    BodyTooSlow { None, Fields, 408 Guess, Headers, false, [Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Connection, OurChoice,
        "Request Timeout",
        "See extraDetails for further details",
        "The body did not arrive within 10 seconds, or broke off."
    }
    HeaderInvalid { None, Fields, 400 Likely, Headers, false, [Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Request, Specification,
        "Bad Request",
        "See extraDetails for further details",
        "Idempotency-Key is missing or longer than 50 characters, Merchant-Serial-Number is not 4 to 10 digits, or one of them is sent twice."
    }
    SubInvalid { None, Userinfo, 400 Guess, Lookup, false, [Userinfo], Request, OurChoice,
        "Bad Request",
        "The sub {sub} is not valid.",
        "What stands in the path in place of the sub is no UUID."
    }
    SubUnknown { None, Userinfo, 404 Guess, Lookup, false, [Userinfo], Request, OurChoice,
        "Not Found",
        "There is no consent for the sub {sub}.",
        "No customer of the sales unit has this sub, or the customer's last consent is more than 168 hours old."
    }
    WebhookUnknown { None, Webhook, 404 Guess, Lookup, false, [WebhooksDelete], Request, OurChoice,
        "Not Found",
        "The webhook {id} does not exist for MSN {msn}.",
        "The sales unit has no registration with this id."
    }
    ReferenceNotFound { Some(5090), Problem, 404 Sure, Lookup, false, [Get Events Capture Refund Cancel Approve], Request, ErrorPage,
        "Reference not found",
        "The reference {reference} does not exist for MSN {msn}.",
        "The sales unit has no payment with this reference; case matters."
    }
    CaptureKeyConflict { Some(4010), Problem, 409 Likely, Idempotency, true, [Capture], Request, ErrorPage,
        "Capture idempotency conflict",
        "The capture request in an idempotent retry must be identical to the previous request(s).",
        "The idempotency key was used for a capture of this payment with another body."
    }
    IdempotencyKeyUsed { Some(4020), Problem, 409 Likely, Idempotency, true, [Create Cancel], Request, ErrorPage,
        "Idempotency error",
        "Idempotency-Key {key} already exists.",
        "The idempotency key was used for another create of the sales unit, or for a cancel of this payment with another body."
    }
    RefundKeyConflict { Some(4150), Problem, 409 Likely, Idempotency, true, [Refund], Request, ErrorPage,
        "Refund idempotency conflict",
        "The request in an idempotent retry must be identical to the previous request(s).",
        "The idempotency key was used for a refund of this payment with another body."
    }
    OrderProcessing { Some(6160), Problem, 423 Likely, Idempotency, false, [Capture Refund Cancel], Fault, ErrorPage,
        "Order processing",
        "Order locked and is already processing.",
        "Concurrent operations wait for each other here, so it comes when asked for; or when a payment holds 10 000 events."
    }
    WebhookInvalid { None, Webhook, 400 Likely, Body, false, [WebhooksRegister WebhooksDelete], Request, Specification,
        "Bad Request",
        "One or more validation errors occurred.",
        "The registration's url or events are missing or wrong, a member is unknown, there are 25 registrations for an event already, or the id is no UUID."
    }
    BodyInvalid { None, Fields, 400 Sure, Body, true, [Create Capture Refund Cancel Approve], Request, Recorded,
        "Bad Request",
        "See extraDetails for further details",
        "The body is not JSON, or members are missing, of the wrong type, or break a rule that has no code of its own."
    }
    RequiredParameterMissing { Some(4140), Problem, 400 Likely, Request, true, [Create Approve], Request, ErrorPage,
        "Missing required parameter",
        "The parameter {parameter} is required.",
        "A member is missing that this kind of request needs: returnUrl for WEB_REDIRECT, customer for PUSH_MESSAGE and for approving a payment without a customer, callbackUrl for dynamic shipping."
    }
    AmountInvalid { Some(4040), Problem, 400 Likely, Request, true, [Create Capture Refund], Request, ErrorPage,
        "Invalid amount",
        "The amount is invalid. Amounts must be integers, no decimals. They are specified in minor units, like øre or cent. A common error is to specify amounts with decimals, sometimes due to rounding errors.",
        "The value is no whole number from 0 to 65 000 000, or a capture or refund asks for 0."
    }
    ApproveFailed { Some(10010), Problem, 400 Guess, Request, true, [Approve], Request, ErrorPage,
        "Approve failed",
        "Force approve payment failed. Reason: {reason}.",
        "The token is not the payment's."
    }
    PhoneNumberInvalid { Some(4070), Problem, 400 Likely, Request, true, [Create Approve], Request, ErrorPage,
        "Invalid phone number",
        "The phone number is invalid. Phone numbers must be in MSISDN format: Country code and subscriber number, but no prefix.",
        "The phone number is not 9 to 15 digits."
    }
    PersonalQrInvalid { Some(4060), Problem, 400 Likely, Request, true, [Create Approve], Request, ErrorPage,
        "Invalid PersonalQr",
        "The parameter PersonalQr is invalid.",
        "The text is not the content of a personal QR code."
    }
    CustomerTokenInvalid { Some(4050), Problem, 400 Likely, Request, true, [Create Approve], Request, ErrorPage,
        "Invalid CustomerToken",
        "The parameter CustomerToken is invalid.",
        "No user of the sandbox has this token."
    }
    ScopeInvalid { Some(4080), Problem, 400 Likely, Request, true, [Create], Request, ErrorPage,
        "Invalid scope",
        "The scope {scope} is invalid.",
        "profile.scope has an unknown word, or an Express payment does not ask for exactly name, address, email and phoneNumber."
    }
    UrlInvalid { Some(4090), Problem, 400 Likely, Request, true, [Create], Request, ErrorPage,
        "Invalid URL",
        "The parameter {url} is invalid.",
        "A URL is neither https nor of a custom scheme; plain http is taken for local hosts unless --strict."
    }
    MetadataTooMany { Some(4100), Problem, 400 Likely, Request, true, [Create], Request, ErrorPage,
        "Metadata capacity exceeded",
        "The metadata object exceeds the maximum capacity.",
        "metadata has more than 5 pairs."
    }
    MetadataDuplicateKey { Some(4110), Problem, 400 Likely, Request, true, [Create], Request, ErrorPage,
        "Metadata duplicate keys not allowed",
        "Duplicate keys are not allowed.",
        "metadata has the same key twice in the JSON text."
    }
    MetadataKeyTooLong { Some(4120), Problem, 400 Likely, Request, true, [Create], Request, ErrorPage,
        "Metadata key length exceeded",
        "The key {key} exceeds the maximum allowed key length.",
        "A metadata key is longer than 100 characters."
    }
    MetadataValueTooLong { Some(4130), Problem, 400 Likely, Request, true, [Create], Request, ErrorPage,
        "Metadata value length exceeded",
        "The value {value} exceeds the maximum allowed value length.",
        "A metadata value is longer than 500 characters."
    }
    PaymentMethodInvalid { Some(4160), Problem, 400 Guess, Request, true, [Create], Request, Toolkit,
        "Invalid payment method type",
        "The payment method type is not valid for CardPassthrough.",
        "CARD_PASSTHROUGH or cardPassthrough is used: both are for payment service providers only."
    }
    CurrencyInvalid { Some(5040), Problem, 400 Likely, Merchant, true, [Create Capture Refund], Request, ErrorPage,
        "Invalid currency for merchant",
        "You must use the currency which matches your merchants registered market.",
        "The currency is not that of the sales unit's market, or a capture or refund names another currency than the payment."
    }
    ScopeIllegal { Some(5030), Problem, 403 Guess, Merchant, false, [Create], Request, ErrorPage,
        "Illegal scope",
        "The scope {scope} is illegal. Are you asking for more than you are allowed to?",
        "profile.scope asks for nin or account numbers and the sales unit lacks restrictedScopes."
    }
    PushMessageNotAllowed { Some(5080), Problem, 403 Guess, Merchant, false, [Create], Request, ErrorPage,
        "PUSH_MESSAGE not allowed",
        "The sales unit with MSN {msn} is not allowed to use PUSH_MESSAGE flow.",
        "userFlow is PUSH_MESSAGE and the sales unit lacks pushMessage."
    }
    LongLivingNotAllowed { Some(5050), Problem, 403 Guess, Merchant, false, [Create], Request, ErrorPage,
        "Long-living payment not allowed",
        "The sales unit with MSN {msn} is not allowed to perform long-living payment requests.",
        "expiresAt is set and the sales unit lacks longLiving."
    }
    ExpressNotAllowed { Some(5020), Problem, 403 Guess, Merchant, false, [Create], Request, ErrorPage,
        "Express payment not allowed",
        "Express payment is not allowed for this sales unit.",
        "shipping is set and the sales unit lacks express."
    }
    BlockedSourcesNotApplicable { Some(5010), Problem, 400 Sure, Merchant, true, [Create], Request, ErrorPage,
        "Blocking sources not applicable",
        "Not possible to block payment sources for market: '{market}'",
        "paymentMethod.blockedSources is used by a Norwegian sales unit."
    }
    BankAccountNotVerified { Some(5060), Problem, 403 Guess, Merchant, false, [Create], Request, ErrorPage,
        "Merchant bank account not verified",
        "The sales unit is active, but the merchant has not yet verified its bank account, and the sales unit cannot receive payments.",
        "The sales unit's bankAccountVerified is false."
    }
    PaymentCannotBeCreated { Some(5070), Problem, 422 Sure, Merchant, true, [Create], Fault, ErrorPage,
        "Payment cannot be created",
        "Reference {reference} cannot be created. Invalid state: {state}, missing precondition, or incorrect merchant setup.",
        "A precondition of the real service failed that the sandbox does not model."
    }
    AmountTooSmall { Some(6010), Problem, 400 Likely, Payment, true, [Create], Request, ErrorPage,
        "Amount too small",
        "The amount is too small. Amounts are specified in minor units, like øre or cent. The minimum amounts allowed are NOK 100 øre, DKK 1 øre, EUR 1 cent.",
        "The amount is below the minimum of its currency."
    }
    ExpiryTooSoon { Some(6120), Problem, 400 Likely, Payment, true, [Create], Request, ErrorPage,
        "Expiration date is too soon",
        "The expiration date {value} is too soon. The minimum expiry is 10 minutes into the future.",
        "expiresAt is not more than 10 minutes ahead of the sandbox clock."
    }
    ExpiryTooLate { Some(6110), Problem, 400 Likely, Payment, true, [Create], Request, ErrorPage,
        "Expiration date is too late",
        "The expiration date {value} is too late. The maximum expiry is 60 days into the future.",
        "expiresAt is not less than 60 days ahead of the sandbox clock."
    }
    ReceiptRequired { Some(6130), Problem, 400 Likely, Payment, true, [Create], Request, ErrorPage,
        "Long living payments require a receipt",
        "If ExpiresAt is set, receipt is mandatory.",
        "expiresAt is set without a receipt."
    }
    ShippingDetailsRequired { Some(6240), Problem, 400 Likely, Payment, true, [Create], Request, ErrorPage,
        "Shipping details required",
        "Express payments with static shipping details require a list of shipping options.",
        "shipping has neither fixed nor dynamic options, an empty list of groups, or a group without options."
    }
    CustomerNotFound { Some(7010), Problem, 400 Guess, Payment, true, [Create Approve], Request, Toolkit,
        "Customer not found",
        "The phone number does not belong to a Vipps or MobilePay user, or the user cannot pay businesses. We cannot give more details.",
        "PUSH_MESSAGE or force approve for a user that does not exist or is younger than minimumUserAge."
    }
    IdentificationRequired { Some(10030), Problem, 400 Guess, Payment, true, [Approve], Request, ErrorPage,
        "Identification required",
        "The user must identify before proceeding.",
        "The user's identified is false."
    }
    NoCards { Some(10050), Problem, 400 Guess, Payment, true, [Approve], Request, ErrorPage,
        "No cards",
        "The user does not have any payment cards. The user must add a valid card in the app.",
        "The user has no cards."
    }
    PaymentSourceInvalid { Some(10040), Problem, 400 Guess, Payment, true, [Approve], Request, ErrorPage,
        "Invalid payment source",
        "The payment source is disabled or does not exist.",
        "None of the user's cards is enabled."
    }
    ApproveNotSupported { Some(10060), Problem, 400 Guess, Payment, true, [Approve], Request, ErrorPage,
        "Operation not supported",
        "The attempted payment operation is not supported.",
        "The payment is an Express or a CARD payment, which cannot be force-approved."
    }
    AlreadyReserved { Some(6230), Problem, 409 Guess, Payment, true, [Approve], Request, ErrorPage,
        "Payment is already reserved",
        "The payment with reference {reference} has already been reserved.",
        "The payment is AUTHORIZED already."
    }
    ApproveNotAllowed { Some(10020), Problem, 400 Guess, Payment, true, [Approve], Request, ErrorPage,
        "Approve not allowed",
        "The payment is in a state that does not allow approval.",
        "The payment is ABORTED, EXPIRED or TERMINATED, or its approval is being processed."
    }
    PaymentLimitExceeded { Some(10070), Problem, 400 Guess, Payment, true, [Approve], Request, ErrorPage,
        "Payment limit exceeded",
        "The merchant's payment request limit is exceeded.",
        "The sales unit has authorised as many payments as its paymentLimit allows."
    }
    CaptureBeforeReservation { Some(6080), Problem, 400 Sure, Payment, true, [Capture], Request, ErrorPage,
        "Cannot capture before reservation",
        "The amount you tried to capture is not reserved. The user must accept the payment before capture can be done.",
        "The payment is CREATED."
    }
    CaptureOfEndedPayment { Some(6200), Problem, 400 Likely, Payment, true, [Capture], Request, ErrorPage,
        "Payment cannot be captured",
        "Reference {reference} cannot be captured. Invalid state: {state}.",
        "The payment is ABORTED or EXPIRED."
    }
    CapturePeriodExpired { Some(6100), Problem, 400 Sure, Payment, true, [Capture], Request, ErrorPage,
        "Capture period expired",
        "Cannot capture because the payment's capture period has passed. After reservation, payments can only be captured within the payment capture deadlines.",
        "The capture deadline has passed: 180 days after the reservation in Norway, 14 in Denmark and Finland, 180 there with lateCapture."
    }
    CaptureOfCancelledPayment { Some(6070), Problem, 400 Likely, Payment, true, [Capture], Request, ErrorPage,
        "Cannot capture a cancelled payment",
        "Cannot capture a payment that has been cancelled. Check the payment event log.",
        "The payment is TERMINATED, or what was left of the reservation has been cancelled."
    }
    AlreadyCaptured { Some(6170), Problem, 400 Likely, Payment, true, [Capture], Request, ErrorPage,
        "Payment already captured",
        "The payment has already been captured.",
        "All of the reserved amount is captured."
    }
    CaptureTooHigh { Some(6090), Problem, 400 Likely, Payment, true, [Capture], Request, ErrorPage,
        "Capture amount too high",
        "The total capture amount exceeds the reserved amount. Cannot capture a higher amount than the amount the user has accepted. Check the payment details.",
        "The amount is more than what is left of the reservation."
    }
    FullCaptureRequired { Some(6140), Problem, 400 Likely, Payment, true, [Capture], Request, ErrorPage,
        "Must capture full amount",
        "Partial capture is not allowed on this payment.",
        "The sales unit's partialCapture is false and the amount is not the whole reservation."
    }
    FundsUnavailable { Some(6260), Problem, 400 Guess, Payment, false, [Capture], Fault, Toolkit,
        "Funds unavailable",
        "The bank or card network has released the reservation, so the funds are no longer available.",
        "The bank released the reservation early."
    }
    CaptureFailed { Some(6280), Problem, 400 Guess, Payment, false, [Capture], Fault, Toolkit,
        "Capture failed, please try again later",
        "The capture failed. Try again later with the same idempotency key.",
        "A passing failure at the bank."
    }
    RefundBeforeReservation { Some(6020), Problem, 400 Likely, Payment, true, [Refund], Request, ErrorPage,
        "Attempted refund before reservation",
        "Cannot refund a payment that is not reserved. Check the payment event log.",
        "The payment is CREATED."
    }
    RefundOfEndedPayment { Some(6210), Problem, 400 Likely, Payment, true, [Refund], Request, ErrorPage,
        "Payment cannot be refunded",
        "Reference {reference} cannot be refunded. Invalid state: {state}.",
        "The payment is ABORTED, EXPIRED or TERMINATED."
    }
    RefundPeriodExpired { Some(6220), Problem, 400 Sure, Payment, true, [Refund], Request, ErrorPage,
        "Refund period expired",
        "Payments can only be refunded within 365 days of the reservation.",
        "The reservation is more than 365 days old; or the refund is of the test amount 124."
    }
    RefundNotPossible { Some(5100), Problem, 400 Likely, Payment, true, [Refund], Request, ErrorPage,
        "Refund not possible",
        "Cannot refund payment due to a configuration problem.",
        "The sales unit's refundsEnabled is false; or the refund is of the test amount 123."
    }
    AlreadyRefunded { Some(6180), Problem, 400 Likely, Payment, true, [Refund], Request, ErrorPage,
        "Payment already refunded",
        "Cannot refund a payment that has already been refunded. Check the payment event log.",
        "All that was captured has been refunded."
    }
    RefundTooHigh { Some(6150), Problem, 400 Likely, Payment, true, [Refund], Request, ErrorPage,
        "Not enough refundable",
        "Cannot refund more than the available amount. Check the payment event log.",
        "The amount is more than what is captured and not yet refunded."
    }
    CancelWhileProcessing { Some(6250), Problem, 400 Guess, Payment, false, [Cancel], Request, Toolkit,
        "Cannot cancel processing payment",
        "Cannot cancel a payment that is being processed. Try again later.",
        "The customer approved the test amount 201, whose result is unknown for an hour."
    }
    CancelOfEndedPayment { Some(6050), Problem, 400 Likely, Payment, true, [Cancel], Request, ErrorPage,
        "Cannot cancel a non-reserved payment",
        "Cannot cancel a payment that is not reserved. Check the payment event log.",
        "The payment is ABORTED or EXPIRED."
    }
    CancelTransactionOnly { Some(6060), Problem, 400 Likely, Payment, true, [Cancel], Request, ErrorPage,
        "Cannot cancel authorized payment",
        "This payment is authorized and cannot be cancelled when CancelTransactionOnly is set.",
        "cancelTransactionOnly is true and the payment is AUTHORIZED."
    }
    CancelOfCapturedPayment { Some(6040), Problem, 400 Likely, Payment, true, [Cancel], Request, ErrorPage,
        "Cannot cancel a captured payment",
        "Cannot cancel a payment that has been captured. Check the payment event log.",
        "All of the reserved amount is captured."
    }
    CancelPeriodExpired { Some(6030), Problem, 400 Sure, Payment, true, [Cancel], Request, ErrorPage,
        "Cancel period expired",
        "Payments can only be canceled within 180 days of the reservation. After reservation, payments can only be canceled within the payment capture deadlines.",
        "The capture deadline has passed."
    }
    AlreadyCancelled { Some(6190), Problem, 400 Likely, Payment, true, [Cancel], Request, ErrorPage,
        "Payment cannot be cancelled",
        "Reference {reference} cannot be cancelled. Invalid state: {state}.",
        "The payment is TERMINATED, or nothing is left of its reservation."
    }
    ReferenceTaken { Some(4150), Problem, 409 Likely, Uniqueness, true, [Create], Request, Faq,
        "Idempotency error",
        "Reference {reference} already exists.",
        "The sales unit already has a payment with this reference, whatever became of it."
    }
    InternalError { Some(3010), Problem, 500 Likely, Server, false, [Token Create Get Events Capture Refund Cancel Approve WebhooksRegister WebhooksList WebhooksDelete Userinfo], Request, ErrorPage,
        "Internal error",
        "Internal error. This may be caused by an incorrect API request. Please check the request. See the status pages.",
        "The user's test card has expired (force approve), or the sandbox itself has a bug."
    }
}

const _: () = {
    let mut row = 0;
    while row < CATALOGUE.len() {
        let spec = &CATALOGUE[row];
        assert!(spec.status >= 400 && spec.status < 600, "an error has an error status");
        // Ruling of the project: these answers never stay with a key; 6250, 6260 and 6280 neither.
        let may_stick = !matches!(spec.status, 401 | 403 | 404 | 408 | 413 | 415 | 423 | 429 | 500..);
        let retry_later = matches!(spec.number, Some(6250 | 6260 | 6280));
        // What is answered before a key is looked at, and by an API that has none.
        let without_a_key = matches!(spec.stage, Stage::AccessToken | Stage::Headers)
            || matches!(spec.shape, Shape::Webhook | Shape::Userinfo);
        assert!(spec.sticks == (may_stick && !retry_later && !without_a_key), "see the rule of what sticks");
        assert!(ErrorCode::ALL[row] as usize == row, "rows stand at their own index");
        row += 1;
    }
};
