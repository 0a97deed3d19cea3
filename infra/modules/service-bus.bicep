metadata description = 'The queues of runs and imports, the topic that announces files, and its subscriptions.'

import { partner } from './types.bicep'

@minLength(6)
@maxLength(50)
param name string

param location string

param tags object

param partners partner[]

param allowServiceBusSas bool

var topology = loadJsonContent('../topology.json')

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    // keys sign the tokens of temporary endpoints, and nothing else uses them
    disableLocalAuth: !allowServiceBusSas
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

resource runs 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: topology.queues.runs
  properties: {
    // one session per export: its runs go one at a time and in order
    requiresSession: true
    requiresDuplicateDetection: true
    // longer than the pause before a tick resends a queued run (1 minute), shorter than for a running one (20 minutes)
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    // an expired request is not lost: the run is still queued in the table, and a tick sends it again
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: false
    maxSizeInMegabytes: 5120
  }
}

resource imports 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: topology.queues.imports
  properties: {
    // imports of connectors without an order run in parallel
    requiresSession: false
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    // the import is owed in the table, so a tick sends it again
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: false
    maxSizeInMegabytes: 5120
  }
}

resource orderedImports 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: topology.queues.orderedImports
  properties: {
    // one session per connector: its files go one at a time and in order
    requiresSession: true
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: false
    maxSizeInMegabytes: 5120
  }
}

resource deliveries 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: topology.queues.deliveries
  properties: {
    // hints: what is due stands in the table, and a tick sends them again
    requiresSession: false
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: false
    maxSizeInMegabytes: 5120
  }
}

resource ticks 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: bus
  name: topology.queues.ticks
  properties: {
    requiresSession: false
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: false
    maxSizeInMegabytes: 1024
  }
}

resource fileAvailable 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: bus
  name: topology.topics.fileAvailable
  properties: {
    requiresDuplicateDetection: true
    // an announcement is repeated after a crash or an outage; ids are never reused for another file
    duplicateDetectionHistoryTimeWindow: 'P1D'
    defaultMessageTimeToLive: 'P14D'
    supportOrdering: true
    // room for messages that partners do not take: a full topic refuses every announcement
    maxSizeInMegabytes: 5120
  }
}

// signs tokens for single subscriptions; the app reads its key through the topic
resource subscribers 'Microsoft.ServiceBus/namespaces/topics/authorizationRules@2024-01-01' = if (allowServiceBusSas) {
  parent: fileAvailable
  name: 'subscribers'
  properties: {
    rights: [
      'Listen'
    ]
  }
}

resource fanOut 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = {
  parent: fileAvailable
  name: topology.subscriptions.fanOut
  properties: {
    // one session per file type: entries reach connectors in their order
    requiresSession: true
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: true
  }
}

resource partnerSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [
  for item in partners: {
    parent: fileAvailable
    name: 'partner-${item.name}'
    properties: {
      requiresSession: item.?ordered ?? false
      lockDuration: 'PT1M'
      maxDeliveryCount: 10
      defaultMessageTimeToLive: 'P14D'
      deadLetteringOnMessageExpiration: true
    }
  }
]

// Azure itself creates the rule $Default, which lets everything through; this rule replaces it
resource partnerRules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [
  for (item, index) in partners: {
    parent: partnerSubscriptions[index]
    name: '$Default'
    properties: {
      filterType: 'CorrelationFilter'
      correlationFilter: {
        properties: {
          // a replay has the subscription that it is for as its audience
          audience: 'all'
          blobType: item.blobType
        }
      }
    }
  }
]

output name string = bus.name
output host string = '${bus.name}.servicebus.windows.net'
